import { expect, it, vi } from 'vitest'
import { createClearJobs } from '../../../api/clear-jobs.ts'
import { createCompletions } from '../../../api/completions.ts'
import { createErase } from '../../../api/erase-job.ts'
import { subjectHash } from '../../../api/fingerprint.ts'
import { createPurgeDeadLetters } from '../../../api/purge-dead-letters.ts'
import { JobNotFoundError, UnavailableError } from '../../../infra/domain/errors.ts'
import type { NewJob } from '../../../infra/ports/job-store.ts'
import { createMemoryBlobStore } from '../../fakes/blob-store.ts'
import { createMemoryDeadLetters } from '../../fakes/dead-letters.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { createMemoryResultCache } from '../../fakes/result-cache.ts'
import { createMemoryRetention } from '../../fakes/retention-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const start = async () => {
  const { log, metrics } = silence()
  const clock = { now: () => 0, monotonic: vi.fn(() => 0) }
  let passedMs = 0
  const now = () => Date.now() + passedMs
  const pass = (ms: number) => {
    passedMs += ms
  }
  const jobs = createMemoryJobStore(now)
  const { retention, erasures } = createMemoryRetention(jobs, now)
  const [blobs, cache, completions] = [createMemoryBlobStore(), createMemoryResultCache(), createCompletions()]
  const queue = { signal: vi.fn() }
  const clearJobs = createClearJobs({ retention, blobs, cache, metrics, log })
  const deadLetters = createMemoryDeadLetters()
  const purgeDeadLetters = createPurgeDeadLetters({ deadLetters, retention, log })
  const erase = createErase({ jobs, purgeDeadLetters, erasures, clearJobs, queue, completions, clock, log })
  const insert = async (overrides: Partial<NewJob> = {}) => {
    const { id } = aNewJob()
    const pictures = [`uploads/${id}/acme`, `pictures/${id}/target`].map((key) => ({
      name: 'a',
      key,
      sha256: null,
      bytes: 1,
    }))
    for (const { key } of pictures) await blobs.put(key, new Uint8Array(1), 'image/jpeg')
    return (await jobs.insert(aNewJob({ id, tenant: 'acme', input: { pictures, options: {} }, ...overrides }))).job
  }
  const finish = async (id: string) => {
    const finished = await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(id)))))
    if (finished.kind === 'finished') await cache.put(finished.job)
  }
  return {
    erase,
    erasures,
    retention,
    clearJobs,
    jobs,
    blobs,
    cache,
    completions,
    queue,
    clock,
    insert,
    finish,
    pass,
    deadLetters,
  }
}

it('erases the pictures, uploads too, the result and what the cache has', async () => {
  const { erase, jobs, blobs, cache, insert, finish } = await start()
  const { id } = await insert()
  await finish(id)
  expect(await erase.job('acme', id)).toMatchObject({ jobCount: 1, pictureCount: 2, completedAt: expect.any(Number) })
  expect(blobs.keys()).toEqual([])
  expect(await cache.get('acme', id)).toBeUndefined()
  expect(await jobs.find('acme', id)).toMatchObject({ input: { pictures: [] }, result: null, state: 'succeeded' })
})

it('lets no result into the cache that comes after it', async () => {
  const { erase, jobs, cache, insert } = await start()
  const { id } = await insert()
  const finished = await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(id)))))
  await erase.job('acme', id)
  if (finished.kind === 'finished') await cache.put(finished.job)
  expect(await cache.get('acme', id)).toBeUndefined()
})

it('wakes who waits for open work, and tells its worker', async () => {
  const { erase, completions, queue, insert } = await start()
  const { id } = await insert()
  const woken = vi.fn()
  completions.wait(id).next(woken)
  await erase.job('acme', id)
  expect(woken).toHaveBeenCalledOnce()
  expect(queue.signal).toHaveBeenCalledExactlyOnceWith(id)
})

it('removes its dead letters and no others, and stays open while they cannot be looked at', async () => {
  const { erase, deadLetters, insert } = await start()
  const [{ id }, other] = [await insert(), await insert()]
  const letterOf = (jobId: string) => ({
    id: jobId,
    job: { id: jobId, tenant: 'acme', task: 'ocr', lane: 'bulk' },
    reason: 'exhausted' as const,
    pool: 'ocr',
    diedAt: 0,
    bytes: 1,
  })
  deadLetters.letters.push(letterOf(id), letterOf(other.id), { ...letterOf('x-1'), job: undefined })
  vi.spyOn(deadLetters, 'count').mockRejectedValueOnce(new UnavailableError('rabbitmq', undefined))
  const open = await erase.job('acme', id)
  expect(open).toMatchObject({ jobCount: 1, completedAt: null })
  expect((await erase.resume(open)).completedAt).not.toBeNull()
  expect(deadLetters.letters.map((letter) => letter.id)).toEqual([other.id, 'x-1'])
})

it('may be repeated, and answers the same receipt', async () => {
  const { erase, insert } = await start()
  const { id } = await insert()
  expect(await erase.job('acme', id)).toEqual(await erase.job('acme', id))
})

it('stays open while storage or cache is away, and is completed when it is resumed', async () => {
  const { erase, blobs, cache, jobs, retention, clearJobs, insert, pass } = await start()
  const { id } = await insert()
  vi.spyOn(blobs, 'delete').mockRejectedValueOnce(new UnavailableError('storage', undefined))
  const open = await erase.job('acme', id)
  expect(open.completedAt).toBeNull()
  expect((await jobs.find('acme', id))?.input).toEqual({ pictures: [], options: {} })
  const clearAgain = async () => {
    pass(60_000)
    await clearJobs(await retention.takeDue(10, 30_000))
  }
  vi.spyOn(cache, 'bury').mockResolvedValueOnce(false)
  await clearAgain()
  expect((await erase.resume(open)).completedAt).toBeNull()
  await clearAgain()
  expect((await erase.resume(open)).completedAt).not.toBeNull()
  expect(blobs.keys()).toEqual([])
})

it('does not reach another tenant', async () => {
  const { erase, blobs, insert } = await start()
  const { id } = await insert({ subjectSha256: subjectHash('acme', 'person-7') })
  await expect(erase.job('other', id)).rejects.toBeInstanceOf(JobNotFoundError)
  expect(await erase.subject('other', 'person-7')).toMatchObject({ jobCount: 0, completedAt: expect.any(Number) })
  expect(blobs.keys()).toHaveLength(2)
})

it('erases everything under a reference, however much it is', async () => {
  const { erase, jobs, blobs, insert, finish } = await start()
  const subjectSha256 = subjectHash('acme', 'person-7')
  const ids: string[] = []
  for (let count = 0; count < 250; count += 1) ids.push((await insert({ subjectSha256 })).id)
  await finish(ids[0] as string)
  const other = await insert({ subjectSha256: subjectHash('acme', 'person-8') })
  expect(await erase.subject('acme', 'person-7')).toMatchObject({ jobCount: 250, pictureCount: 500 })
  for (const id of ids) expect((await jobs.find('acme', id))?.erasedAt).not.toBeNull()
  expect(blobs.keys()).toHaveLength(other.input.pictures.length)
})

it('leaves what takes too long for a caller to housekeeping', async () => {
  const { erase, clock, insert } = await start()
  const subjectSha256 = subjectHash('acme', 'person-7')
  for (let count = 0; count < 150; count += 1) await insert({ subjectSha256 })
  let now = 0
  clock.monotonic.mockImplementation(() => {
    now += 10_000
    return now
  })
  const open = await erase.subject('acme', 'person-7')
  expect(open.completedAt).toBeNull()
  expect(await erase.resume(open)).toMatchObject({ jobCount: 150, completedAt: expect.any(Number) })
})

it('stands for a person by nothing that another tenant would find', () => {
  expect(subjectHash('acme', 'person-7')).toMatch(/^[0-9a-f]{64}$/)
  expect(subjectHash('acme', 'person-7')).not.toBe(subjectHash('other', 'person-7'))
  expect(subjectHash('a', 'b"],["c')).not.toBe(subjectHash('a","b', 'c'))
})
