import { describe, expect, it } from 'vitest'
import type { JobStore, NewJob } from '../../infra/ports/job-store.ts'
import type { RetentionStore } from '../../infra/ports/retention-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'

/** Stores that look at the same rows. */
export interface RetentionStores {
  readonly jobs: JobStore
  readonly retention: RetentionStore
}

const KEPT = { keep: true, pictureTtlMs: 3_600_000, resultTtlMs: 7_200_000 }
const LEASE_MS = 30_000
const MANY = 1_000

/** What every RetentionStore promises. Others may have jobs in the same store: each test looks at its own. */
export const describeRetentionStore = (adapter: string, open: () => Promise<RetentionStores>): void => {
  describe(`RetentionStore on ${adapter}`, () => {
    const start = async (retention: Partial<NewJob['retention']> = {}) => {
      const stores = await open()
      const options = { documentType: 'passport' }
      const { pictures } = aNewJob().input
      const input = { pictures, options, sealed: { kek: 'a', key: 'AAAA' } }
      const job = aNewJob({ input, retention: { ...KEPT, ...retention } })
      await stores.jobs.insert(job)
      const run = async () => claimed(await stores.jobs.claim(aClaim(job.id)))
      const finish = async () => void (await stores.jobs.finish(anOutcome(await run())))
      const take = async () => (await stores.retention.takeDue(MANY, LEASE_MS)).find(({ id }) => id === job.id)
      const seen = () => stores.jobs.find(job.tenant, job.id)
      const due = { id: job.id, tenant: job.tenant, pictures: ['pictures/t/1/image'] }
      return { ...stores, job, run, finish, take, seen, due }
    }

    it('leaves alone what may stay', async () => {
      const { finish, take, seen } = await start()
      await finish()
      expect(await take()).toBeUndefined()
      expect(await seen()).toMatchObject({ result: { live: true }, input: { pictures: [{}] }, erasedAt: null })
    })

    it('takes pictures whose time is over, with their key, and leaves the result', async () => {
      const { finish, take, seen, retention, due } = await start({ pictureTtlMs: -1 })
      await finish()
      expect(await take()).toEqual({ ...due, whole: false })
      const row = await seen()
      expect(row).toMatchObject({ result: { live: true }, erasedAt: null })
      expect(row?.input).toEqual({ pictures: [], options: { documentType: 'passport' } })
      await retention.cleared([{ ...due, whole: false }])
      expect(await take()).toBeUndefined()
    })

    it('takes the result and all the rest when its time is over', async () => {
      const { finish, take, seen, due } = await start({ resultTtlMs: -1 })
      await finish()
      expect(await take()).toEqual({ ...due, whole: true })
      const row = await seen()
      expect(row).toMatchObject({ state: 'succeeded', result: null, error: null, attempt: 1 })
      expect(row?.input).toEqual({ pictures: [], options: {} })
      expect(row?.erasedAt).not.toBeNull()
    })

    it('hands a job to one caller, and again when its lease is over without its being cleared', async () => {
      const { finish, take, retention, due } = await start({ pictureTtlMs: -1 })
      await finish()
      const own = async (leaseMs: number) =>
        (await retention.takeDue(MANY, leaseMs)).filter(({ id }) => id === due.id).length
      expect((await Promise.all([own(-1), own(-1)])).filter(Boolean).length).toBeGreaterThanOrEqual(1)
      expect(await own(LEASE_MS)).toBe(1)
      expect(await take()).toBeUndefined()
    })

    it('still knows the pictures the second time', async () => {
      const { finish, retention, due } = await start({ pictureTtlMs: -1, resultTtlMs: -1 })
      await finish()
      await retention.takeDue(MANY, -1)
      const again = await retention.takeDue(MANY, LEASE_MS)
      expect(again.find(({ id }) => id === due.id)).toEqual({ ...due, whole: true })
    })

    it('is not done with a job that was to lose its pictures only, and loses everything meanwhile', async () => {
      const { finish, take, retention, due, job, jobs } = await start({ pictureTtlMs: -1, keep: false })
      await finish()
      const pictures = await take()
      expect(pictures).toEqual({ ...due, whole: false })
      expect(await retention.takeUnkept(job.tenant, job.id, -1)).toEqual({ ...due, whole: true })
      await retention.cleared([{ ...due, whole: false }])
      expect(await take()).toEqual({ ...due, whole: true })
      await retention.cleared([{ ...due, whole: true }])
      expect(await take()).toBeUndefined()
      expect((await jobs.find(job.tenant, job.id))?.erasedAt).not.toBeNull()
    })

    it('leaves a job that is not over to its worker', async () => {
      const { run, take, seen } = await start({ pictureTtlMs: -1, resultTtlMs: -1 })
      await run()
      expect(await take()).toBeUndefined()
      expect(await seen()).toMatchObject({ state: 'running', input: { pictures: [{}] }, erasedAt: null })
    })

    it('takes the pictures of a job that is not to be kept as soon as it is over, however it ended', async () => {
      const finished = await start({ keep: false })
      await finished.finish()
      expect(await finished.take()).toEqual({ ...finished.due, whole: false })
      expect(await finished.seen()).toMatchObject({ keep: false, result: { live: true }, erasedAt: null })
      const canceled = await start({ keep: false })
      await canceled.jobs.cancel(canceled.job.tenant, canceled.job.id)
      expect(await canceled.take()).toEqual({ ...canceled.due, whole: false })
    })

    it('makes a job that is not to be kept forget everything once it was answered', async () => {
      const { run, jobs, retention, job, seen, due } = await start({ keep: false })
      const running = await run()
      expect(await retention.takeUnkept(job.tenant, job.id, LEASE_MS)).toBeUndefined()
      await jobs.finish(anOutcome(running))
      expect(await retention.takeUnkept('other', job.id, LEASE_MS)).toBeUndefined()
      expect(await retention.takeUnkept(job.tenant, job.id, LEASE_MS)).toEqual({ ...due, whole: true })
      expect(await seen()).toMatchObject({ result: null, input: { pictures: [] } })
      expect(await retention.takeUnkept(job.tenant, job.id, LEASE_MS)).toBeUndefined()
    })

    it('never takes a job that is to be kept for one that is not', async () => {
      const { finish, retention, job } = await start()
      await finish()
      expect(await retention.takeUnkept(job.tenant, job.id, LEASE_MS)).toBeUndefined()
    })

    it('says whose pictures may lie in storage, and what was erased', async () => {
      const { finish, retention, job, take, due } = await start({ resultTtlMs: -1 })
      expect([...(await retention.holders([job.id, aNewJob().id]))]).toEqual([job.id])
      expect(await retention.erased([job.id])).toEqual([])
      await finish()
      await take()
      expect([...(await retention.holders([job.id]))]).toEqual([job.id])
      await retention.cleared([{ ...due, whole: true }])
      expect([...(await retention.holders([job.id]))]).toEqual([])
      expect(await retention.erased([job.id, aNewJob().id])).toEqual([{ id: job.id, tenant: job.tenant }])
      expect(await retention.erasedLately(60_000, MANY)).toContainEqual({ id: job.id, tenant: job.tenant })
      expect(await retention.erasedLately(-1_000, MANY)).not.toContainEqual({ id: job.id, tenant: job.tenant })
    })

    it('names the uploads that open jobs point at, and hands out those that pictures were sealed from', async () => {
      const { jobs, retention } = await open()
      const key = `uploads/${crypto.randomUUID()}/acme`
      const pictures = [{ name: 'image', key, sha256: null, bytes: 3 }]
      const plain = aNewJob({ input: { pictures, options: {} } })
      const sealedFrom = aNewJob({
        input: {
          pictures: [{ name: 'image', key: 'pictures/1/image', sha256: 'a', bytes: 3, upload: key }],
          options: {},
        },
        retention: { ...KEPT, pictureTtlMs: -1 },
      })
      await jobs.insert(plain)
      expect(await retention.spared()).toContain(key)
      await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(plain.id)))))
      await jobs.insert(sealedFrom)
      expect(await retention.spared()).not.toContain(key)
      await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(sealedFrom.id)))))
      const due = await retention.takeDue(MANY, LEASE_MS)
      expect(due.find(({ id }) => id === sealedFrom.id)?.pictures).toEqual(['pictures/1/image', key])
    })

    it('counts what is still there though its time is over, until it is cleared', async () => {
      const { finish, retention, take, due } = await start({ pictureTtlMs: -10_000, resultTtlMs: -10_000 })
      const before = await retention.overdue(-1_000)
      await finish()
      const late = await retention.overdue(-1_000)
      expect(late.pictureJobs - before.pictureJobs).toBe(1)
      expect(late.resultJobs - before.resultJobs).toBe(1)
      await take()
      await retention.cleared([{ ...due, whole: true }])
      expect((await retention.overdue(-1_000)).resultJobs).toBeLessThan(late.resultJobs)
      expect((await retention.overdue(-1_000)).pictureJobs).toBeLessThan(late.pictureJobs)
    })
  })
}
