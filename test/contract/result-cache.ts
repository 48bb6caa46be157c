import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import type { Job } from '../../infra/domain/job.ts'
import type { ResultCache } from '../../infra/ports/result-cache.ts'

export const aFinishedJob = (overrides: Partial<Job> = {}): Job => ({
  id: uuidv7(),
  tenant: 'acme',
  task: 'liveness',
  lane: 'interactive',
  state: 'succeeded',
  attempt: 1,
  input: { pictures: [], options: {} },
  result: { live: true, score: 0.75 },
  error: null,
  models: [],
  thresholdSet: null,
  timings: { inferMs: 1.5 },
  createdAt: 1_000,
  startedAt: 1_001,
  finishedAt: 1_002,
  deadline: 60_000,
  keep: true,
  erasedAt: null,
  ...overrides,
})

/** What every ResultCache promises. */
export const describeResultCache = (adapter: string, open: () => Promise<ResultCache>): void => {
  describe(`ResultCache on ${adapter}`, () => {
    it('answers the job it was given, for its own tenant only', async () => {
      const cache = await open()
      const job = aFinishedJob()
      await cache.put(job)
      expect(await cache.get('acme', job.id)).toEqual(job)
      expect(await cache.get('other', job.id)).toBeUndefined()
    })

    it('keeps nothing of what the job was about', async () => {
      const cache = await open()
      const pictures = [{ name: 'image', key: 'pictures/1/image', sha256: null, bytes: 1 }]
      const sealed = { kek: 'a', key: 'AAAA' }
      const job = aFinishedJob({ input: { pictures, options: { documentType: 'passport' }, sealed } })
      await cache.put(job)
      expect((await cache.get('acme', job.id))?.input).toEqual({ pictures: [], options: {} })
    })

    it('forgets a job that is buried, and takes it no more', async () => {
      const cache = await open()
      const job = aFinishedJob()
      await cache.put(job)
      expect(await cache.bury('acme', job.id)).toBe(true)
      expect(await cache.get('acme', job.id)).toBeUndefined()
      await cache.put(job)
      expect(await cache.get('acme', job.id)).toBeUndefined()
    })

    it('buries a job before it was ever put, of its own tenant only', async () => {
      const cache = await open()
      const job = aFinishedJob()
      await cache.bury('acme', job.id)
      await cache.put(job)
      expect(await cache.get('acme', job.id)).toBeUndefined()
      const foreign = aFinishedJob({ tenant: 'other', id: job.id })
      await cache.put(foreign)
      expect(await cache.get('other', job.id)).toEqual(foreign)
    })

    it('answers a job it never saw with a miss', async () => {
      expect(await (await open()).get('acme', uuidv7())).toBeUndefined()
    })
  })
}
