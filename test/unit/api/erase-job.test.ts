import { expect, it, vi } from 'vitest'
import { createCompletions } from '../../../api/completions.ts'
import { createEraseJob } from '../../../api/erase-job.ts'
import { JobNotFoundError, UnavailableError } from '../../../infra/domain/errors.ts'
import { createMemoryBlobStore } from '../../fakes/blob-store.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { createMemoryResultCache } from '../../fakes/result-cache.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const start = async () => {
  const deps = {
    jobs: createMemoryJobStore(),
    blobs: createMemoryBlobStore(),
    cache: createMemoryResultCache(),
    completions: createCompletions(),
    log: silence().log,
  }
  const pictures = ['uploads/1/acme', 'pictures/1/target'].map((key) => ({ name: 'a', key, sha256: null, bytes: 1 }))
  for (const { key } of pictures) await deps.blobs.put(key, new Uint8Array(1), 'image/jpeg')
  const { job } = await deps.jobs.insert(aNewJob({ tenant: 'acme', input: { pictures, options: {} } }))
  await deps.cache.put(job)
  return { ...deps, job, eraseJob: createEraseJob(deps) }
}

it('erases the pictures, uploads too, the result and what the cache has', async () => {
  const { eraseJob, jobs, blobs, cache, job } = await start()
  await eraseJob('acme', job.id)
  expect(blobs.keys()).toEqual([])
  expect(await cache.get('acme', job.id)).toBeUndefined()
  expect(await jobs.find('acme', job.id)).toMatchObject({ input: { pictures: [] }, result: null, state: 'canceled' })
})

it('may be repeated', async () => {
  const { eraseJob, job } = await start()
  await eraseJob('acme', job.id)
  await expect(eraseJob('acme', job.id)).resolves.toBeUndefined()
})

it('still knows the pictures when storage was away, so that a repetition finds them', async () => {
  const { eraseJob, jobs, blobs, job } = await start()
  vi.spyOn(blobs, 'delete').mockRejectedValueOnce(new UnavailableError('storage', undefined))
  await expect(eraseJob('acme', job.id)).rejects.toBeInstanceOf(UnavailableError)
  expect((await jobs.find('acme', job.id))?.input.pictures).toHaveLength(2)
  await eraseJob('acme', job.id)
  expect(blobs.keys()).toEqual([])
})

it('does not reach another tenant', async () => {
  const { eraseJob, blobs, job } = await start()
  await expect(eraseJob('other', job.id)).rejects.toBeInstanceOf(JobNotFoundError)
  expect(blobs.keys()).toHaveLength(2)
})
