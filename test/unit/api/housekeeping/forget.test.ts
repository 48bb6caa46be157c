import { expect, it, vi } from 'vitest'
import { createClearJobs } from '../../../../api/clear-jobs.ts'
import { createCompletions } from '../../../../api/completions.ts'
import { createErase } from '../../../../api/erase-job.ts'
import { forget } from '../../../../api/housekeeping/forget.ts'
import { createOverdueGauges } from '../../../../api/housekeeping/overdue.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { NewJob } from '../../../../infra/ports/job-store.ts'
import type { Metrics } from '../../../../infra/ports/metrics.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { createMemoryResultCache } from '../../../fakes/result-cache.ts'
import { createMemoryRetention } from '../../../fakes/retention-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const HOUR = 3_600_000

const start = () => {
  let passedMs = 0
  const now = () => Date.now() + passedMs
  const pass = (ms: number): void => {
    passedMs += ms
  }
  const gauges = new Map<string, () => number>()
  const { log, metrics: silent } = silence()
  const metrics: Metrics = { ...silent, gauge: (name, _help, read) => void gauges.set(name, read) }
  const jobs = createMemoryJobStore(now)
  const stores = createMemoryRetention(jobs, now)
  const [blobs, cache] = [createMemoryBlobStore(), createMemoryResultCache()]
  const clearJobs = createClearJobs({ ...stores, blobs, cache, metrics, log })
  const queue = { signal: () => {} }
  const completions = createCompletions()
  const erase = createErase({
    ...stores,
    jobs,
    purgeDeadLetters: async () => 0,
    clearJobs,
    queue,
    completions,
    clock: systemClock,
    log,
  })
  const measure = createOverdueGauges({ ...stores, cache, metrics, log })
  const run = () => forget({ ...stores, clearJobs, erase }, new AbortController().signal)
  const value = async (name: string) => {
    await measure()
    return gauges.get(name)?.()
  }
  const finished = async (retention: Partial<NewJob['retention']> = {}) => {
    const job = aNewJob({ tenant: 'acme' })
    const key = `pictures/${job.id}/image`
    await blobs.put(key, new Uint8Array(1), 'image/jpeg')
    const input = { pictures: [{ name: 'image', key, sha256: null, bytes: 1 }], options: {} }
    const kept = { keep: true, pictureTtlMs: HOUR, resultTtlMs: 2 * HOUR, ...retention }
    await jobs.insert({ ...job, input, retention: kept })
    const done = await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(job.id)))))
    if (done.kind === 'finished') await cache.put(done.job)
    return job.id
  }
  return { ...stores, jobs, blobs, cache, erase, finished, run, value, pass }
}

it('deletes pictures when their time is over, and results when theirs is', async () => {
  const { jobs, blobs, cache, finished, run, pass } = start()
  const id = await finished()
  await run()
  expect(blobs.keys()).toHaveLength(1)
  pass(HOUR)
  await run()
  expect(blobs.keys()).toEqual([])
  expect((await jobs.find('acme', id))?.result).toEqual({ live: true })
  pass(HOUR)
  await run()
  expect(await jobs.find('acme', id)).toMatchObject({ state: 'succeeded', result: null, erasedAt: expect.any(Number) })
  expect(await cache.get('acme', id)).toBeUndefined()
})

it('deletes what is not to be kept when it is over, and its result ten minutes later', async () => {
  const { jobs, blobs, finished, run, pass } = start()
  const id = await finished({ keep: false })
  await run()
  expect(blobs.keys()).toEqual([])
  expect((await jobs.find('acme', id))?.result).toEqual({ live: true })
  pass(600_000)
  await run()
  expect((await jobs.find('acme', id))?.result).toBeNull()
})

it('deletes pictures while the cache is away, and is not done with results until it is back', async () => {
  const { jobs, blobs, cache, finished, run, pass, value } = start()
  const id = await finished({ keep: false })
  const away = vi.spyOn(cache, 'bury').mockResolvedValue(false)
  await run()
  expect(blobs.keys()).toEqual([])
  pass(600_000)
  await run()
  expect((await jobs.find('acme', id))?.result).toBeNull()
  expect(await value('muster_pictures_overdue')).toBe(0)
  away.mockRestore()
  pass(60_000)
  await run()
  expect(await cache.get('acme', id)).toBeUndefined()
})

it('gets through more than one round can take', async () => {
  const { blobs, finished, run, pass } = start()
  for (let count = 0; count < 1_050; count += 1) await finished()
  pass(HOUR)
  await run()
  expect(blobs.keys()).toEqual([])
})

it('counts what it cannot delete, and nothing once it could', async () => {
  const { blobs, finished, run, value, pass } = start()
  await finished()
  pass(HOUR + 400_000)
  const away = vi.spyOn(blobs, 'delete').mockRejectedValue(new UnavailableError('storage', undefined))
  await run()
  expect(await value('muster_pictures_overdue')).toBe(1)
  away.mockRestore()
  pass(60_000)
  await run()
  expect(await value('muster_pictures_overdue')).toBe(0)
  expect(await value('muster_results_overdue')).toBe(0)
})

it('finds a result that came back into the cache, and buries it', async () => {
  const { jobs, cache, finished, run, value, pass } = start()
  const id = await finished()
  pass(2 * HOUR)
  await run()
  const job = jobs.all()[0]
  const found = vi.spyOn(cache, 'get').mockResolvedValueOnce(job)
  expect(await value('muster_results_overdue')).toBe(1)
  found.mockRestore()
  expect(await cache.get('acme', id)).toBeUndefined()
  expect(await value('muster_results_overdue')).toBe(0)
})

it('completes an erasure that storage had held up, and says since when it is open', async () => {
  const { erasures, blobs, erase, finished, run, value, pass } = start()
  const id = await finished()
  vi.spyOn(blobs, 'delete').mockRejectedValueOnce(new UnavailableError('storage', undefined))
  const open = await erase.job('acme', id)
  pass(90_000)
  expect(await value('muster_erasures_open_oldest_seconds')).toBeGreaterThanOrEqual(90)
  await run()
  expect((await erasures.find('acme', open.id))?.completedAt).not.toBeNull()
  expect(blobs.keys()).toEqual([])
  expect(await value('muster_erasures_open_oldest_seconds')).toBe(0)
})
