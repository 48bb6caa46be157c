import { describe, expect, it } from 'vitest'
import { IdempotencyMismatchError } from '../../infra/domain/errors.ts'
import { outcome } from '../../infra/domain/outcomes.ts'
import type { Claim, JobStore, NewJob } from '../../infra/ports/job-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'
import { describeJobCancel } from './job-store-cancel.ts'
import { describeJobEnds } from './job-store-ends.ts'

/** Waits until the store's clock has moved past a lease of 1 ms. */
const passed = async (check: () => Promise<boolean>): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** What every JobStore promises. `open` may answer a shared store: each test makes its own rows. */
export const describeJobStore = (adapter: string, open: () => Promise<JobStore>): void => {
  describe(`JobStore on ${adapter}`, () => {
    const start = async (overrides: Partial<NewJob> = {}) => {
      const store = await open()
      const job = aNewJob(overrides)
      await store.insert(job)
      return { store, job }
    }

    describe('insert', () => {
      it('answers the queued job with the deadline on its own clock', async () => {
        const store = await open()
        const job = aNewJob({ deadlineMs: 5_000 })
        const inserted = await store.insert(job)
        expect(inserted.kind).toBe('inserted')
        expect(inserted.job).toMatchObject({ id: job.id, state: 'queued', attempt: 0, result: null, startedAt: null })
        expect(inserted.job.deadline - inserted.job.createdAt).toBeCloseTo(5_000, 0)
        expect(inserted.job.timings.storeMs).toBe(4.5)
      })

      it('keeps how long the request took before, and how long the row waited to be written', async () => {
        const store = await open()
        const { job } = await store.insert(aNewJob({ admitMs: 2.5, insertMs: () => 7 }))
        expect(job.timings).toEqual({ admitMs: 2.5, storeMs: 4.5, insertMs: 7 })
      })

      it('joins the earlier job when the key comes again with the same request', async () => {
        const { store, job } = await start({ idempotencyKey: 'once' })
        const again = await store.insert({ ...aNewJob(), tenant: job.tenant, idempotencyKey: 'once' })
        expect(again).toMatchObject({ kind: 'joined', job: { id: job.id } })
      })

      it('refuses the key with another request', async () => {
        const { store, job } = await start({ idempotencyKey: 'once' })
        const other = aNewJob({ tenant: job.tenant, idempotencyKey: 'once', fingerprint: '0'.repeat(64) })
        await expect(store.insert(other)).rejects.toBeInstanceOf(IdempotencyMismatchError)
      })

      it('lets exactly one of many simultaneous inserts with one key win', async () => {
        const store = await open()
        const { tenant } = aNewJob()
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => store.insert(aNewJob({ tenant, idempotencyKey: 'once' }))),
        )
        expect(answers.filter(({ kind }) => kind === 'inserted')).toHaveLength(1)
        expect(new Set(answers.map(({ job }) => job.id)).size).toBe(1)
      })

      it('finds the job of a key again, for the same request of the same tenant only', async () => {
        const store = await open()
        const job = aNewJob({ idempotencyKey: crypto.randomUUID() })
        const { tenant, fingerprint, idempotencyKey = '' } = job
        const request = { tenant, fingerprint, idempotencyKey }
        expect(await store.join(request)).toBeUndefined()
        expect(await store.knows(tenant, idempotencyKey)).toBe(false)
        await store.insert(job)
        expect(await store.join(request)).toMatchObject({ id: job.id })
        expect(await store.knows(tenant, idempotencyKey)).toBe(true)
        expect(await store.join({ ...request, tenant: 'other' })).toBeUndefined()
        expect(await store.knows('other', idempotencyKey)).toBe(false)
        const another = store.join({ ...request, fingerprint: '0'.repeat(64) })
        await expect(another).rejects.toBeInstanceOf(IdempotencyMismatchError)
      })

      it('keeps keys of different tenants apart', async () => {
        const { store } = await start({ idempotencyKey: 'once' })
        expect((await store.insert(aNewJob({ idempotencyKey: 'once' }))).kind).toBe('inserted')
      })
    })

    it('finds a job for its own tenant only', async () => {
      const { store, job } = await start()
      expect(await store.find(job.tenant, job.id)).toMatchObject({ id: job.id, task: 'liveness', input: job.input })
      expect(await store.find('somebody-else', job.id)).toBeUndefined()
    })

    describe('claim', () => {
      it('lets exactly one of many workers claim a queued job', async () => {
        const { store, job } = await start()
        const claims = await Promise.all(
          Array.from({ length: 10 }, (_, index) => store.claim(aClaim(job.id, { workerId: `w${index}` }))),
        )
        expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1)
        expect(claims.filter(({ kind }) => kind === 'leased')).toHaveLength(9)
      })

      it('answers a job of attempt 1, running, with a start time', async () => {
        const { store, job } = await start()
        const running = claimed(await store.claim(aClaim(job.id)))
        expect(running).toMatchObject({ id: job.id, state: 'running', attempt: 1 })
        expect(running.startedAt).toBeGreaterThanOrEqual(running.createdAt)
      })

      it('tells how often a job may be started again after this', async () => {
        const { store, job } = await start()
        for (const [attempt, attemptsLeft] of [
          [1, 2],
          [2, 1],
          [3, 0],
        ] as const) {
          expect(await store.claim(aClaim(job.id))).toMatchObject({ kind: 'claimed', job: { attempt }, attemptsLeft })
          await store.release({ id: job.id, attempt }, true)
        }
      })

      it('takes a job over at once when its holder is known to be gone, and counts the attempt', async () => {
        const { store, job } = await start()
        await store.claim(aClaim(job.id))
        expect(claimed(await store.claim(aClaim(job.id, { takeOver: true }))).attempt).toBe(2)
      })

      it('takes a job over when its lease ran out', async () => {
        const { store, job } = await start()
        await store.claim(aClaim(job.id, { leaseMs: 1 }))
        let claim: Claim = { kind: 'leased' }
        await passed(async () => {
          claim = await store.claim(aClaim(job.id))
          return claim.kind !== 'leased'
        })
        expect(claimed(claim).attempt).toBe(2)
      })

      it('fails a job that took two workers with it, so that a third never sees it', async () => {
        const { store, job } = await start()
        await store.claim(aClaim(job.id))
        await store.claim(aClaim(job.id, { takeOver: true }))
        expect((await store.claim(aClaim(job.id, { takeOver: true }))).kind).toBe('exhausted')
        expect(await store.find(job.tenant, job.id)).toMatchObject({ state: 'failed', error: outcome('WORKER_LOST') })
      })

      it('fails a job whose attempts are spent', async () => {
        const { store, job } = await start()
        for (let attempt = 1; attempt <= 3; attempt += 1) {
          claimed(await store.claim(aClaim(job.id)))
          expect(await store.release({ id: job.id, attempt }, true)).toBe('released')
        }
        expect((await store.claim(aClaim(job.id))).kind).toBe('exhausted')
      })

      it('expires a job whose deadline has passed', async () => {
        const { store, job } = await start({ deadlineMs: -1 })
        expect((await store.claim(aClaim(job.id))).kind).toBe('expired')
        expect(await store.find(job.tenant, job.id)).toMatchObject({
          state: 'expired',
          error: outcome('DEADLINE_EXCEEDED'),
        })
      })

      it('tells a finished job and a job that never was', async () => {
        const { store, job } = await start()
        const running = claimed(await store.claim(aClaim(job.id)))
        await store.finish(anOutcome(running))
        expect((await store.claim(aClaim(job.id))).kind).toBe('finished')
        expect((await store.claim(aClaim(aNewJob().id))).kind).toBe('missing')
      })

      it('answers each of many different claims made at once', async () => {
        const store = await open()
        const jobs = Array.from({ length: 30 }, () => aNewJob())
        await Promise.all(jobs.map((job) => store.insert(job)))
        const claims = await Promise.all(jobs.map((job) => store.claim(aClaim(job.id))))
        expect(claims.map((claim) => claimed(claim).id)).toEqual(jobs.map(({ id }) => id))
      })
    })

    describe('finish', () => {
      it('keeps the outcome, the model and the timings of both sides', async () => {
        const { store, job } = await start()
        const running = claimed(await store.claim(aClaim(job.id)))
        const finished = await store.finish(anOutcome(running))
        expect(finished).toMatchObject({ kind: 'finished', job: { state: 'succeeded', result: { live: true } } })
        const seen = await store.find(job.tenant, job.id)
        expect(seen).toMatchObject({ models: [{ name: 'm' }], timings: { storeMs: 4.5, inferMs: 3 } })
        expect(seen?.finishedAt).toBeGreaterThanOrEqual(seen?.startedAt ?? Number.POSITIVE_INFINITY)
      })

      it('keeps how long the outcome waited to be written', async () => {
        const { store, job } = await start()
        await store.finish(anOutcome(claimed(await store.claim(aClaim(job.id))), { writeMs: () => 7 }))
        expect((await store.find(job.tenant, job.id))?.timings).toEqual({ storeMs: 4.5, inferMs: 3, writeMs: 7 })
      })

      it('keeps the thresholds that decided, and none where a worker tells none', async () => {
        const { store, job } = await start()
        const other = aNewJob()
        await store.insert(other)
        const told = anOutcome(claimed(await store.claim(aClaim(job.id))), { thresholdSet: 'sha256:0123456789abcdef' })
        const silent = anOutcome(claimed(await store.claim(aClaim(other.id))))
        await Promise.all([store.finish(told), store.finish(silent)])
        expect((await store.find(job.tenant, job.id))?.thresholdSet).toBe('sha256:0123456789abcdef')
        expect((await store.find(other.tenant, other.id))?.thresholdSet).toBeNull()
      })

      it('drops the outcome of an attempt that lost its job to another', async () => {
        const { store, job } = await start()
        const first = claimed(await store.claim(aClaim(job.id)))
        const second = claimed(await store.claim(aClaim(job.id, { workerId: 'w2', takeOver: true })))
        expect((await store.finish(anOutcome(first, { result: { live: false } }))).kind).toBe('fenced')
        expect((await store.finish(anOutcome(second))).kind).toBe('finished')
        expect((await store.find(job.tenant, job.id))?.result).toEqual({ live: true })
      })

      it('commits one of two outcomes of the same attempt', async () => {
        const { store, job } = await start()
        const running = claimed(await store.claim(aClaim(job.id)))
        expect((await store.finish(anOutcome(running))).kind).toBe('finished')
        expect((await store.finish(anOutcome(running, { state: 'failed' }))).kind).toBe('fenced')
      })
    })

    it('renews leases that are held and names those that are lost', async () => {
      const { store, job } = await start()
      const running = claimed(await store.claim(aClaim(job.id)))
      const held = { id: job.id, attempt: running.attempt }
      expect(await store.renew([held], 60_000)).toEqual({ lost: [], canceling: [] })
      expect(await store.renew([{ id: job.id, attempt: 7 }], 60_000)).toEqual({ lost: [job.id], canceling: [] })
    })

    it('hands a job back without spending the attempt', async () => {
      const { store, job } = await start()
      const { attempt } = claimed(await store.claim(aClaim(job.id)))
      expect(await store.release({ id: job.id, attempt }, false)).toBe('released')
      expect(await store.release({ id: job.id, attempt }, false)).toBe('fenced')
      expect(claimed(await store.claim(aClaim(job.id))).attempt).toBe(1)
    })
  })
  describeJobEnds(adapter, open)
  describeJobCancel(adapter, open)
}
