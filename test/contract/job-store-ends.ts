import { describe, expect, it } from 'vitest'
import type { JobStore, NewJob } from '../../infra/ports/job-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'

/** The part of the JobStore suite about jobs that end in another way than by a worker. */
export const describeJobEnds = (adapter: string, open: () => Promise<JobStore>): void => {
  describe(`JobStore on ${adapter}`, () => {
    const start = async (overrides: Partial<NewJob> = {}) => {
      const store = await open()
      const job = aNewJob(overrides)
      await store.insert(job)
      return { store, job }
    }

    describe('erase', () => {
      it('ends a job that is being canceled, so that nobody waits for its worker', async () => {
        const { store, job } = await start()
        const running = claimed(await store.claim(aClaim(job.id)))
        await store.cancel(job.tenant, job.id)
        await store.erase(job.tenant, job.id)
        expect(await store.find(job.tenant, job.id)).toMatchObject({ state: 'canceled', result: null })
        expect((await store.finish(anOutcome(running))).kind).toBe('fenced')
      })

      it('drops input and result, names the pictures, and keeps the row', async () => {
        const { store, job } = await start()
        await store.finish(anOutcome(claimed(await store.claim(aClaim(job.id)))))
        expect(await store.erase(job.tenant, job.id)).toEqual({ kind: 'erased', pictures: ['pictures/t/1/image'] })
        const seen = await store.find(job.tenant, job.id)
        expect(seen).toMatchObject({ state: 'succeeded', result: null, input: { pictures: [] } })
        expect(seen?.erasedAt).not.toBeNull()
      })

      it('ends open work, so that a later outcome is dropped', async () => {
        const { store, job } = await start()
        const running = claimed(await store.claim(aClaim(job.id)))
        await store.erase(job.tenant, job.id)
        expect((await store.finish(anOutcome(running))).kind).toBe('fenced')
        expect(await store.find(job.tenant, job.id)).toMatchObject({ state: 'canceled', result: null })
      })

      it('does not reach another tenant', async () => {
        const { store, job } = await start()
        expect((await store.erase('somebody-else', job.id)).kind).toBe('missing')
      })
    })

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
