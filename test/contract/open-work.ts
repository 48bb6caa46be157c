import { describe, expect, it } from 'vitest'
import type { JobStore } from '../../infra/ports/job-store.ts'
import type { OpenWork } from '../../infra/ports/open-work.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'

/** What every OpenWork promises. Others may have jobs in the same rows: each test looks at what it changes. */
export const describeOpenWork = (
  adapter: string,
  open: () => Promise<{ readonly jobs: JobStore; readonly work: OpenWork }>,
): void => {
  describe(`OpenWork on ${adapter}`, () => {
    const start = async () => {
      const { jobs, work } = await open()
      const before = await work.count(['ocr'])
      const change = async () => {
        const { queuedCount, runningCount } = await work.count(['ocr'])
        return { queued: queuedCount - before.queuedCount, running: runningCount - before.runningCount }
      }
      const insert = async (overrides: Parameters<typeof aNewJob>[0] = {}) => {
        const job = aNewJob({ task: 'ocr', ...overrides })
        await jobs.insert(job)
        return job.id
      }
      return { jobs, work, change, insert }
    }

    it('counts what waits and what is being worked on', async () => {
      const { jobs, change, insert } = await start()
      await insert()
      const id = await insert()
      expect(await change()).toEqual({ queued: 2, running: 0 })
      const claim = claimed(await jobs.claim(aClaim(id)))
      expect(await change()).toEqual({ queued: 1, running: 1 })
      await jobs.finish(anOutcome(claim))
      expect(await change()).toEqual({ queued: 1, running: 0 })
    })

    it('counts a job whose worker is gone among those that wait', async () => {
      const { jobs, change, insert } = await start()
      await jobs.claim({ ...aClaim(await insert()), leaseMs: -1 })
      expect(await change()).toEqual({ queued: 1, running: 0 })
    })

    it('leaves out what is too late, and what other pools have to do', async () => {
      const { change, insert } = await start()
      await insert({ deadlineMs: -1 })
      await insert({ task: 'liveness' })
      expect(await change()).toEqual({ queued: 0, running: 0 })
    })

    it('tells how long the oldest waits, as long as one does', async () => {
      const { jobs, work, insert } = await start()
      await insert()
      const first = (await work.count(['ocr'])).oldestQueuedMs
      expect(first).toBeGreaterThanOrEqual(0)
      await insert()
      expect((await work.count(['ocr'])).oldestQueuedMs).toBeGreaterThanOrEqual(first ?? 0)
      const id = await insert({ task: 'liveness' })
      const waits = (await work.count(['liveness'])).queuedCount
      await jobs.claim(aClaim(id))
      const { queuedCount, oldestQueuedMs } = await work.count(['liveness'])
      expect(queuedCount).toBe(waits - 1)
      expect(oldestQueuedMs === undefined).toBe(queuedCount === 0)
    })

    it('tells the time by the clock of the rows', async () => {
      const { work } = await start()
      const { at } = await work.count(['ocr'])
      expect(Math.abs(at - Date.now())).toBeLessThan(60_000)
    })
  })
}
