import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Job } from '../../infra/domain/job.ts'
import type { JobStore } from '../../infra/ports/job-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'

/** Room for every job that tests side by side have left. */
const ALL = 10_000
/** Longer than any job here may take: so long before its deadline a job counts as late. */
const LATE_MS = 600_000

/** What may happen to a job at any moment. */
const MOVES = ['cancel', 'claim', 'take over', 'finish', 'release', 'hand back', 'renew', 'lapse', 'reconcile'] as const
/** What must not be answered once a job was taken back. */
const WORK_GOES_ON = new Set([
  'claim: claimed',
  'take over: claimed',
  'finish: finished',
  'release: released',
  'hand back: released',
])

const make = async (store: JobStore, tenant: string, seen: Job, move: (typeof MOVES)[number]): Promise<string> => {
  switch (move) {
    case 'cancel':
      return (await store.cancel(tenant, seen.id)).kind
    case 'claim':
    case 'take over':
      return (await store.claim(aClaim(seen.id, { takeOver: move === 'take over' }))).kind
    case 'finish':
      return (await store.finish(anOutcome(seen))).kind
    case 'release':
    case 'hand back':
      return store.release(seen, move === 'release')
    case 'renew':
    case 'lapse':
      return String((await store.renew([seen], move === 'lapse' ? 1 : 60_000)).lost)
    case 'reconcile':
      return String(await store.endCanceling(LATE_MS, ALL))
  }
}

/** The part of the JobStore suite about callers who take a job back. */
export const describeJobCancel = (adapter: string, open: () => Promise<JobStore>): void => {
  describe(`JobStore on ${adapter}: cancel`, () => {
    const start = async () => {
      const store = await open()
      const job = aNewJob()
      await store.insert(job)
      const run = async () => claimed(await store.claim(aClaim(job.id)))
      const cancel = () => store.cancel(job.tenant, job.id)
      const stored = () => store.find(job.tenant, job.id)
      return { store, job, run, cancel, stored }
    }
    const canceling = async () => {
      const started = await start()
      const running = await started.run()
      const canceled = await started.cancel()
      return { ...started, running, canceled, lease: { id: running.id, attempt: running.attempt } }
    }

    it('ends a queued job at once, and no worker gets it', async () => {
      const { store, job, cancel, stored } = await start()
      expect(await cancel()).toMatchObject({ kind: 'canceled', job: { state: 'canceled', result: null, error: null } })
      expect((await store.claim(aClaim(job.id))).kind).toBe('finished')
      expect((await stored())?.finishedAt).not.toBeNull()
      expect((await cancel()).kind).toBe('final')
    })

    it('leaves a running job to its worker as `canceling`, however often it is asked', async () => {
      const { canceled, cancel, stored } = await canceling()
      expect(canceled).toMatchObject({ kind: 'canceling', job: { state: 'canceling', finishedAt: null } })
      expect((await cancel()).kind).toBe('canceling')
      expect(await stored()).toMatchObject({ state: 'canceling', finishedAt: null })
    })

    it('drops the outcome of a job that is being canceled, whatever it was', async () => {
      for (const state of ['succeeded', 'failed', 'expired'] as const) {
        const { store, running, stored } = await canceling()
        const finished = await store.finish(anOutcome(running, { state }))
        const nothing = { state: 'canceled', result: null, error: null, models: [] }
        expect(finished).toMatchObject({ kind: 'canceled', job: nothing })
        expect(await stored()).toMatchObject(nothing)
      }
    })

    it('tells how long the worker kept a job that was canceled', async () => {
      const { store, running, stored } = await canceling()
      await store.finish(anOutcome(running))
      const seen = await stored()
      expect(seen?.timings.cancelMs).toBeGreaterThanOrEqual(0)
      expect(seen?.timings).toMatchObject({ storeMs: 4.5 })
      expect(seen?.timings).not.toHaveProperty('inferMs')
    })

    it.each([true, false])(
      'ends a job that its worker gives back, and never queues it again (spend: %s)',
      async (spend) => {
        const { store, job, lease, stored } = await canceling()
        expect(await store.release(lease, spend)).toBe('canceled')
        expect(await stored()).toMatchObject({ state: 'canceled', attempt: 1, startedAt: expect.any(Number) })
        expect((await store.unpublished(-1_000, ALL)).map(({ id }) => id)).not.toContain(job.id)
        expect((await store.claim(aClaim(job.id, { takeOver: true }))).kind).toBe('finished')
      },
    )

    it('tells its holder at the next renewal, and keeps the lease until it lets go', async () => {
      const { store, lease } = await canceling()
      expect(await store.renew([lease], 60_000)).toEqual({ lost: [], canceling: [lease.id] })
      expect(await store.release(lease, false)).toBe('canceled')
      expect(await store.renew([lease], 60_000)).toEqual({ lost: [lease.id], canceling: [] })
    })

    it('only the attempt that holds the job can let go of it', async () => {
      const { store, running, stored } = await canceling()
      const other = { ...running, attempt: 7 }
      expect((await store.finish(anOutcome(other))).kind).toBe('fenced')
      expect(await store.release({ id: running.id, attempt: 7 }, true)).toBe('fenced')
      expect((await stored())?.state).toBe('canceling')
    })

    it('is not run again by a second message while its worker has it', async () => {
      const { store, job, stored } = await canceling()
      expect((await store.claim(aClaim(job.id))).kind).toBe('finished')
      expect((await stored())?.state).toBe('canceling')
    })

    it('ends when its message comes from a worker that is gone', async () => {
      const { store, job, stored } = await canceling()
      expect((await store.claim(aClaim(job.id, { takeOver: true }))).kind).toBe('canceled')
      expect(await stored()).toMatchObject({ state: 'canceled', attempt: 1, error: null })
    })

    it('ends by the reconciler when its worker is gone and no message comes', async () => {
      const { store, lease, stored } = await canceling()
      await store.renew([lease], 1)
      while ((await stored())?.state === 'canceling') await store.endCanceling(60_000, ALL)
      expect(await stored()).toMatchObject({ state: 'canceled', attempt: 1 })
    })

    it('ends at once where the worker that had it is gone already', async () => {
      const { store, cancel, lease, stored } = await canceling()
      await store.renew([lease], 1)
      while ((await cancel()).kind === 'canceling');
      expect(await stored()).toMatchObject({ state: 'canceled', attempt: 1 })
    })

    it('is left to a living worker by the reconciler, but not beyond its deadline', async () => {
      const { store, stored } = await canceling()
      await store.endCanceling(LATE_MS, ALL)
      expect((await stored())?.state).toBe('canceling')
      await store.endCanceling(-LATE_MS, ALL)
      expect((await stored())?.state).toBe('canceled')
    })

    it('does not expire: it was taken back before', async () => {
      const { store, stored } = await canceling()
      await store.expireOverdue(-LATE_MS, ALL)
      expect((await stored())?.state).toBe('canceling')
    })

    it('of a finish and a cancel at one moment one wins, and both say the same', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { store, run, cancel, stored } = await start()
        const running = await run()
        const [canceled, finished] = await Promise.all([cancel(), store.finish(anOutcome(running))])
        const state = (await stored())?.state
        expect([canceled.kind, finished.kind, state]).toEqual(
          canceled.kind === 'final' ? ['final', 'finished', 'succeeded'] : ['canceling', 'canceled', 'canceled'],
        )
      }
    })

    it('stays taken back, whatever workers, messages and the reconciler do at the same moment', async () => {
      const moments = fc.array(fc.array(fc.constantFrom(...MOVES), { minLength: 1, maxLength: 4 }), { maxLength: 8 })
      await fc.assert(
        fc.asyncProperty(moments, async (script) => {
          const { store, job, stored } = await start()
          let taken = false
          for (const moves of script) {
            const seen = (await stored()) as Job
            const said = await Promise.all(
              moves.map(async (move) => `${move}: ${await make(store, job.tenant, seen, move)}`),
            )
            if (taken) expect(said.filter((one) => WORK_GOES_ON.has(one))).toEqual([])
            taken ||= said.includes('cancel: canceled') || said.includes('cancel: canceling')
            const now = await stored()
            if (taken) expect([now?.state, now?.result]).toEqual([expect.stringMatching(/^cancel(ing|ed)$/), null])
          }
        }),
        { numRuns: 80 },
      )
    })

    it('does not reach another tenant', async () => {
      const { store, job, stored } = await start()
      expect((await store.cancel('somebody-else', job.id)).kind).toBe('missing')
      expect((await stored())?.state).toBe('queued')
    })
  })
}
