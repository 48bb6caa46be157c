import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import type { ErasureStore } from '../../infra/ports/erasure-store.ts'
import type { HoldScope, HoldStore } from '../../infra/ports/hold-store.ts'
import type { NewJob } from '../../infra/ports/job-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'
import type { RetentionStores } from './retention-store.ts'

const LEASE_MS = 30_000
const MANY = 1_000
/** Long before now, so that its time is over as soon as it is. */
const OVER = { keep: true, pictureTtlMs: -10_000, resultTtlMs: -10_000 }

/** What every HoldStore promises, and what retention and erasure do with it. */
export const describeHoldStore = (
  adapter: string,
  open: () => Promise<RetentionStores & { readonly erasures: ErasureStore; readonly holds: HoldStore }>,
): void => {
  describe(`HoldStore on ${adapter}`, () => {
    const start = async () => {
      const stores = await open()
      const { tenant } = aNewJob()
      const subjectSha256 = 'd'.repeat(64)
      const finished = async (overrides: Partial<NewJob> = {}) => {
        const job = aNewJob({ tenant, ...overrides })
        await stores.jobs.insert(job)
        await stores.jobs.finish(anOutcome(claimed(await stores.jobs.claim(aClaim(job.id)))))
        return job.id
      }
      const place = (scope: HoldScope, reason = 'case 1', of = tenant) =>
        stores.holds.place({ id: uuidv7(), tenant: of, scope, reason, placedBy: 'key:a' })
      const taken = async (id: string) => (await stores.retention.takeDue(MANY, LEASE_MS)).some((one) => one.id === id)
      return { ...stores, tenant, subjectSha256, finished, place, taken }
    }

    it('keeps a job whose time is over, with its pictures, until the hold is lifted', async () => {
      const { retention, holds, jobs, tenant, finished, place, taken } = await start()
      const jobId = await finished({ retention: OVER })
      const before = await retention.overdue(-1_000)
      expect(await place({ jobId })).toBe('placed')
      expect((await retention.overdue(-1_000)).resultJobs).toBe(before.resultJobs - 1)
      expect(await taken(jobId)).toBe(false)
      expect(await retention.spared()).toContain('pictures/t/1/image')
      expect(await jobs.find(tenant, jobId)).toMatchObject({ result: { live: true }, input: { pictures: [{}] } })
      expect(await holds.lift(tenant, { jobId })).toBe(true)
      expect(await taken(jobId)).toBe(true)
      expect(await holds.lift(tenant, { jobId })).toBe(false)
    })

    it('keeps everything under a reference, also what comes later and what was not to be stored', async () => {
      const { retention, holds, tenant, subjectSha256, finished, place, taken } = await start()
      const before = await finished({ subjectSha256, retention: OVER })
      expect(await place({ subjectSha256 })).toBe('placed')
      const later = await finished({ subjectSha256, retention: OVER })
      const unkept = await finished({ subjectSha256, retention: { ...OVER, keep: false } })
      const other = await finished({ retention: OVER })
      const due = (await retention.takeDue(MANY, LEASE_MS)).map(({ id }) => id)
      expect([before, later, unkept, other].map((id) => due.includes(id))).toEqual([false, false, false, true])
      expect(await retention.takeUnkept(tenant, unkept, LEASE_MS)).toBeUndefined()
      await holds.lift(tenant, { subjectSha256 })
      const freed = (await retention.takeDue(MANY, LEASE_MS)).map(({ id }) => id)
      expect([before, later, unkept].map((id) => freed.includes(id))).toEqual([true, true, true])
      expect(await taken(before)).toBe(false)
    })

    it('does not make due what may still stay', async () => {
      const { holds, tenant, finished, place, taken } = await start()
      const jobId = await finished()
      await place({ jobId })
      await holds.lift(tenant, { jobId })
      expect(await taken(jobId)).toBe(false)
    })

    it('keeps what two holds are about until both are lifted', async () => {
      const { holds, tenant, subjectSha256, finished, place, taken } = await start()
      const jobId = await finished({ subjectSha256, retention: OVER })
      await place({ jobId })
      await place({ subjectSha256 })
      await holds.lift(tenant, { jobId })
      expect(await taken(jobId)).toBe(false)
      await place({ jobId })
      await holds.lift(tenant, { subjectSha256 })
      expect(await taken(jobId)).toBe(false)
      await holds.lift(tenant, { jobId })
      expect(await taken(jobId)).toBe(true)
    })

    it('holds up an erasure, which is done when it is lifted', async () => {
      const { erasures, retention, holds, tenant, finished, place } = await start()
      const jobId = await finished()
      await place({ jobId })
      const opened = await erasures.open(uuidv7(), tenant, { jobId })
      expect(opened).toMatchObject({ heldCount: 1, completedAt: null })
      expect(await erasures.forget(opened.id, 10, LEASE_MS)).toEqual([])
      expect(await erasures.complete(opened.id)).toMatchObject({ heldCount: 1, completedAt: null })
      expect(await erasures.takeOpen(MANY, LEASE_MS)).not.toContainEqual(expect.objectContaining({ id: opened.id }))
      await holds.lift(tenant, { jobId })
      expect(await erasures.takeOpen(MANY, LEASE_MS)).toContainEqual(expect.objectContaining({ id: opened.id }))
      await retention.cleared(await erasures.forget(opened.id, 10, LEASE_MS))
      const receipt = await erasures.complete(opened.id)
      expect(receipt).toMatchObject({ heldCount: 0, jobCount: 1 })
      expect(receipt.completedAt).not.toBeNull()
    })

    it('lets an erasure of a reference erase what is not held, and waits with the rest', async () => {
      const { erasures, retention, holds, tenant, subjectSha256, finished, place } = await start()
      const held = [await finished({ subjectSha256 }), await finished({ subjectSha256 })]
      for (const jobId of held) await place({ jobId })
      const free = await finished({ subjectSha256 })
      const { id } = await erasures.open(uuidv7(), tenant, { subjectSha256 })
      const erased = await erasures.forget(id, 1, LEASE_MS)
      expect(erased.map((one) => one.id)).toEqual([free])
      await retention.cleared(erased)
      expect(await erasures.complete(id)).toMatchObject({ heldCount: 2, jobCount: 1, completedAt: null })
      for (const jobId of held) await holds.lift(tenant, { jobId })
      await retention.cleared(await erasures.forget(id, 10, LEASE_MS))
      expect(await erasures.complete(id)).toMatchObject({ heldCount: 0, jobCount: 3 })
    })

    it('is placed on what is there: not on another tenant’s job, nor on an erased one', async () => {
      const { retention, holds, tenant, finished, place } = await start()
      const jobId = await finished({ retention: OVER })
      expect(await place({ jobId }, 'case 1', 'somebody-else')).toBe('missing')
      expect(await place({ jobId: uuidv7() })).toBe('missing')
      await retention.takeDue(MANY, LEASE_MS)
      expect(await place({ jobId })).toBe('erased')
      expect(await holds.list(tenant)).toEqual([])
      expect(await holds.lift('somebody-else', { jobId })).toBe(false)
    })

    it('is listed, and takes the reason it was placed with last', async () => {
      const { holds, tenant, subjectSha256, finished, place } = await start()
      const jobId = await finished()
      await place({ jobId })
      await place({ subjectSha256 })
      await place({ jobId }, 'case 2')
      const found = await holds.list(tenant)
      expect(found).toMatchObject([
        { tenant, scope: { jobId }, reason: 'case 2', placedBy: 'key:a' },
        { tenant, scope: { subjectSha256 }, reason: 'case 1' },
      ])
      expect((await holds.list()).filter((one) => one.tenant === tenant)).toEqual(found)
    })
  })
}
