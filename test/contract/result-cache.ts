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
  timings: { inferMs: 1.5 },
  createdAt: 1_000,
  startedAt: 1_001,
  finishedAt: 1_002,
  deadline: 60_000,
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

    it('forgets a dropped job', async () => {
      const cache = await open()
      const job = aFinishedJob()
      await cache.put(job)
      await cache.drop('acme', job.id)
      expect(await cache.get('acme', job.id)).toBeUndefined()
    })

    it('answers a job it never saw with a miss', async () => {
      expect(await (await open()).get('acme', uuidv7())).toBeUndefined()
    })
  })
}
