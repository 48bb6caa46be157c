import { describe, expect, it } from 'vitest'
import type { JobStore, NewJob } from '../../infra/ports/job-store.ts'
import { aClaim, aNewJob } from '../fixtures/jobs.ts'

/** The part of the JobStore suite about jobs that end in another way than by a worker. */
export const describeJobEnds = (adapter: string, open: () => Promise<JobStore>): void => {
  describe(`JobStore on ${adapter}`, () => {
    const start = async (overrides: Partial<NewJob> = {}) => {
      const store = await open()
      const job = aNewJob(overrides)
      await store.insert(job)
      return { store, job }
    }

    describe('what the reconciler sees', () => {
      it('lists a job whose publish was never confirmed, once a wait', async () => {
        const { store, job } = await start()
        const ids = async (olderThanMs: number) => (await store.unpublished(olderThanMs, 1_000)).map(({ id }) => id)
        expect(await ids(60_000)).not.toContain(job.id)
        expect(await ids(-1_000)).toContain(job.id)
        await store.markPublished([job.id])
        expect(await ids(-1_000)).not.toContain(job.id)
      })

      it('lists a confirmed job that still waits, with all its message needs', async () => {
        const { store, job } = await start({ task: 'ocr', lane: 'bulk' })
        await store.markPublished([job.id])
        const stale = await store.stale(['ocr'], 'bulk', -1_000, 1_000)
        expect(stale.find(({ id }) => id === job.id)).toMatchObject({ tenant: job.tenant, task: 'ocr', lane: 'bulk' })
        expect((await store.stale(['ocr'], 'interactive', -1_000, 1_000)).map(({ id }) => id)).not.toContain(job.id)
      })

      it('leaves a job alone that waits for its turn, also one that had been confirmed, and tells the time it has', async () => {
        const { store, job } = await start({ deadlineMs: 50_000 })
        const found = async (olderThanMs: number) =>
          (await store.unpublished(olderThanMs, 1_000)).find(({ id }) => id === job.id)
        const remainingMs = (await found(-1_000))?.remainingMs
        expect(remainingMs).toBeGreaterThan(10_000)
        expect(remainingMs).toBeLessThanOrEqual(50_000)
        await store.markPublished([job.id])
        await store.postpone([job.id], 60_000)
        expect(await found(-30_000)).toBeUndefined()
        expect(await found(-90_000)).toMatchObject({ id: job.id })
      })

      it('knows which of many jobs are over, or never were', async () => {
        const { store, job: open } = await start()
        const [canceled, running] = [aNewJob(), aNewJob()]
        for (const one of [canceled, running]) await store.insert(one)
        await store.cancel(canceled.tenant, canceled.id)
        await store.claim(aClaim(running.id))
        const never = aNewJob().id
        const over = await store.over([open.id, canceled.id, running.id, never])
        expect(over.toSorted()).toEqual([canceled.id, never].toSorted())
        expect(await store.over([])).toEqual([])
      })

      it('expires overdue jobs, also those a dead worker holds', async () => {
        const store = await open()
        const late = aNewJob({ deadlineMs: -5_000 })
        await store.insert(late)
        expect(await store.expireOverdue(1_000, 10_000)).toBeGreaterThanOrEqual(1)
        const seen = await store.find(late.tenant, late.id)
        expect(seen).toMatchObject({ state: 'expired', error: { code: 'DEADLINE_EXCEEDED' } })
      })
    })
  })
}
