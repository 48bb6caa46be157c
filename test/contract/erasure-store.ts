import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import type { ErasureStore } from '../../infra/ports/erasure-store.ts'
import type { NewJob } from '../../infra/ports/job-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'
import type { RetentionStores } from './retention-store.ts'

const LEASE_MS = 30_000
const KEY = 'pictures/t/1/image'

/** What every ErasureStore promises. */
export const describeErasureStore = (
  adapter: string,
  open: () => Promise<RetentionStores & { readonly erasures: ErasureStore }>,
): void => {
  describe(`ErasureStore on ${adapter}`, () => {
    const start = async () => {
      const stores = await open()
      const { tenant } = aNewJob()
      const insert = async (overrides: Partial<NewJob> = {}) => {
        const job = aNewJob({ tenant, ...overrides })
        await stores.jobs.insert(job)
        return job.id
      }
      const finished = async (overrides: Partial<NewJob> = {}) => {
        const id = await insert(overrides)
        await stores.jobs.finish(anOutcome(claimed(await stores.jobs.claim(aClaim(id)))))
        return id
      }
      return { ...stores, tenant, insert, finished }
    }

    it('erases one job of its tenant, and counts it once it is cleared', async () => {
      const { erasures, retention, jobs, tenant, finished } = await start()
      const id = await finished()
      const { id: erasureId, ...opened } = await erasures.open(uuidv7(), tenant, { jobId: id })
      expect(opened).toMatchObject({ tenant, completedAt: null, jobCount: 0, pictureCount: 0 })
      const erased = await erasures.forget(erasureId, 10, LEASE_MS)
      expect(erased).toEqual([{ id, tenant, pictures: [KEY], whole: true, wasOpen: false }])
      expect(await jobs.find(tenant, id)).toMatchObject({ state: 'succeeded', result: null, input: { pictures: [] } })
      expect((await jobs.find(tenant, id))?.erasedAt).not.toBeNull()
      expect((await erasures.complete(erasureId)).completedAt).toBeNull()
      await retention.cleared(erased)
      const receipt = await erasures.complete(erasureId)
      expect(receipt).toMatchObject({ jobCount: 1, pictureCount: 1 })
      expect(receipt.completedAt).not.toBeNull()
      expect(await erasures.complete(erasureId)).toEqual(receipt)
      expect(await erasures.find(tenant, erasureId)).toEqual(receipt)
    })

    it('deletes the upload that a picture was sealed from too, and counts one picture', async () => {
      const { erasures, tenant, finished } = await start()
      const upload = `uploads/1/${tenant}`
      const pictures = [{ name: 'image', key: KEY, sha256: 'a', bytes: 3, upload }]
      const { id } = await erasures.open(uuidv7(), tenant, {
        jobId: await finished({ input: { pictures, options: {} } }),
      })
      expect(await erasures.forget(id, 10, LEASE_MS)).toMatchObject([{ pictures: [KEY, upload] }])
      expect(await erasures.find(tenant, id)).toMatchObject({ jobCount: 1, pictureCount: 1 })
    })

    it('ends open work, so that a later outcome is dropped', async () => {
      const { erasures, jobs, tenant, insert } = await start()
      const id = await insert()
      const running = claimed(await jobs.claim(aClaim(id)))
      const { id: erasureId } = await erasures.open(uuidv7(), tenant, { jobId: id })
      expect(await erasures.forget(erasureId, 10, LEASE_MS)).toMatchObject([{ id, wasOpen: true }])
      expect((await jobs.finish(anOutcome(running))).kind).toBe('fenced')
      expect(await jobs.find(tenant, id)).toMatchObject({ state: 'canceled', result: null })
    })

    it('answers the first erasure of a job when it is asked for again', async () => {
      const { erasures, tenant, finished } = await start()
      const jobId = await finished()
      const first = await erasures.open(uuidv7(), tenant, { jobId })
      expect(await erasures.open(uuidv7(), tenant, { jobId })).toEqual(first)
    })

    it('erases everything under a reference that was there when it was asked for, batch by batch', async () => {
      const { erasures, retention, jobs, tenant, insert, finished } = await start()
      const subjectSha256 = 'a'.repeat(64)
      const meant = [
        await insert({ subjectSha256 }),
        await finished({ subjectSha256 }),
        await insert({ subjectSha256 }),
      ]
      const others = [await insert(), await insert({ subjectSha256: 'b'.repeat(64) })]
      const { id } = await erasures.open(uuidv7(), tenant, { subjectSha256 })
      expect((await erasures.complete(id)).completedAt).toBeNull()
      const first = await erasures.forget(id, 2, LEASE_MS)
      const second = await erasures.forget(id, 2, LEASE_MS)
      expect([first.length, second.length]).toEqual([2, 1])
      expect(await erasures.forget(id, 2, LEASE_MS)).toEqual([])
      expect([...first, ...second].map((one) => one.id).sort()).toEqual(meant.sort())
      for (const other of others) expect((await jobs.find(tenant, other))?.erasedAt).toBeNull()
      await retention.cleared(first)
      expect((await erasures.complete(id)).completedAt).toBeNull()
      await retention.cleared(second)
      expect(await erasures.complete(id)).toMatchObject({ jobCount: 3, pictureCount: 3 })
    })

    it('reaches no other tenant', async () => {
      const { erasures, jobs, tenant, finished } = await start()
      const subjectSha256 = 'c'.repeat(64)
      const jobId = await finished({ subjectSha256 })
      for (const scope of [{ jobId }, { subjectSha256 }]) {
        const { id } = await erasures.open(uuidv7(), 'somebody-else', scope)
        expect(await erasures.forget(id, 10, LEASE_MS)).toEqual([])
        expect(await erasures.find(tenant, id)).toBeUndefined()
        expect(await erasures.complete(id)).toMatchObject({ jobCount: 0 })
      }
      expect((await jobs.find(tenant, jobId))?.result).not.toBeNull()
    })

    it('waits for a job that its retention had erased and nobody had cleared yet', async () => {
      const { erasures, retention, tenant, finished } = await start()
      const jobId = await finished({ retention: { keep: true, pictureTtlMs: -1, resultTtlMs: -1 } })
      await retention.takeDue(1_000, LEASE_MS)
      const { id } = await erasures.open(uuidv7(), tenant, { jobId })
      const erased = await erasures.forget(id, 10, LEASE_MS)
      expect(erased).toMatchObject([{ id: jobId, pictures: [KEY] }])
      expect((await erasures.complete(id)).completedAt).toBeNull()
      await retention.cleared(erased)
      expect((await erasures.complete(id)).completedAt).not.toBeNull()
    })

    it('hands out what nobody has worked on for a while, to one caller', async () => {
      const { erasures, tenant, insert } = await start()
      const { id } = await erasures.open(uuidv7(), tenant, { jobId: await insert() })
      const taken = async () => (await erasures.takeOpen(1_000, LEASE_MS)).filter((one) => one.id === id).length
      expect(await taken()).toBe(0)
      await erasures.forget(id, 10, -1)
      expect(await taken()).toBe(1)
      expect(await taken()).toBe(0)
      expect(await erasures.oldestOpenMs()).toBeGreaterThanOrEqual(0)
    })
  })
}
