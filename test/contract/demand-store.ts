import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { DemandCount, DemandStore } from '../../infra/ports/demand-store.ts'

const MINUTE_MS = 60_000
/** Closing minutes closes all before them, for everybody: each test has a day of its own, later than those before. */
let day = Date.UTC(2001, 0, 1)
const nextDay = (): number => {
  day += 86_400_000
  return day
}
const MANY = 10_000

/** What every DemandStore promises. Others may tell of other pools at the same time. */
export const describeDemandStore = (adapter: string, open: () => Promise<DemandStore>): void => {
  describe(`DemandStore on ${adapter}`, () => {
    const start = async () => {
      const [store, pool, minute] = [await open(), `pool-${randomUUID().slice(0, 8)}`, nextDay()]
      const [one, two] = [randomUUID(), randomUUID()]
      const count = (offeredCount: number, refusedCount = 0, at = minute): DemandCount => ({
        ...{ pool, minute: at, offeredCount, refusedCount },
      })
      const all = () => store.minutes(pool, 0, Number.MAX_SAFE_INTEGER / 1000)
      const put = (source: string, ...counts: DemandCount[]) => store.put(source, counts, Date.now())
      return { store, pool, minute, one, two, count, all, put }
    }

    it('adds up what several processes were asked for', async () => {
      const { put, count, all, one, two, minute } = await start()
      await put(one, count(10, 2))
      await put(two, count(5, 1))
      expect(await all()).toEqual([{ minute, offeredCount: 15, refusedCount: 3 }])
    })

    it('takes the same totals twice, and late ones out of turn, without counting anything twice', async () => {
      const { put, count, all, one, minute } = await start()
      await put(one, count(10, 2))
      await put(one, count(10, 2))
      await put(one, count(12, 3))
      await put(one, count(11, 2))
      expect(await all()).toEqual([{ minute, offeredCount: 12, refusedCount: 3 }])
    })

    it('answers the minutes of one pool between two instants, oldest first', async () => {
      const { store, put, count, one, pool, minute } = await start()
      await put(one, count(3, 0, minute + 2 * MINUTE_MS), count(1), count(2, 0, minute + MINUTE_MS))
      await store.put(one, [{ ...count(99), pool: `${pool}-other` }], 0)
      const found = await store.minutes(pool, minute, minute + 2 * MINUTE_MS)
      expect(found.map(({ offeredCount }) => offeredCount)).toEqual([1, 2])
    })

    it('knows who tells of demand, also of none, and how far its clock is off', async () => {
      const { store, one, two } = await start()
      await store.put(one, [], Date.now() + 60_000)
      await store.put(two, [], Date.now() - 60_000)
      const found = (source: string) => store.sources().then((all) => all.find((each) => each.source === source))
      expect((await found(one))?.aheadMs).toBeGreaterThan(30_000)
      expect((await found(two))?.aheadMs).toBeLessThan(-30_000)
      expect((await found(one))?.ageMs).toBeGreaterThanOrEqual(0)
      expect((await found(one))?.ageMs).toBeLessThan(60_000)
    })

    it('does not miss a process that took its leave', async () => {
      const { store, put, count, one, all } = await start()
      await put(one, count(1))
      await store.leave(one)
      expect((await store.sources()).filter(({ source }) => source === one)).toEqual([])
      expect(await all()).toHaveLength(1)
    })

    it('closes minutes into one row each without changing what they add up to', async () => {
      const { store, put, count, one, two, minute, all } = await start()
      await put(one, count(10, 2), count(1, 0, minute + MINUTE_MS))
      await put(two, count(5, 1))
      const before = await all()
      expect(await store.rollUp(minute + MINUTE_MS, MANY)).toBeGreaterThanOrEqual(2)
      expect(await all()).toEqual(before)
      expect(await store.rollUp(minute + MINUTE_MS, MANY)).toBe(0)
    })

    it('counts what was closed once, also when its process says it again', async () => {
      const { store, put, count, one, minute, all } = await start()
      await put(one, count(10))
      await store.rollUp(minute + MINUTE_MS, MANY)
      await put(one, count(10), count(4, 0, minute + MINUTE_MS))
      expect((await all()).map(({ offeredCount }) => offeredCount)).toEqual([10, 4])
    })

    it('closes a few rows at a time, whoever does it at the same time', async () => {
      const { store, put, count, minute, all } = await start()
      for (let index = 0; index < 12; index += 1)
        await put(randomUUID(), count(index, 0, minute + (index % 3) * MINUTE_MS))
      const before = await all()
      const drain = async () => {
        while ((await store.rollUp(minute + 3 * MINUTE_MS, 2)) > 0) expect(await all()).toEqual(before)
      }
      await Promise.all([drain(), drain(), drain()])
      expect(await store.rollUp(minute + 3 * MINUTE_MS, MANY)).toBe(0)
      expect(await all()).toEqual(before)
    })

    it('forgets minutes that are over', async () => {
      const { store, put, count, one, minute, all } = await start()
      await put(one, count(1), count(2, 0, minute + MINUTE_MS))
      expect(await store.forget(minute + MINUTE_MS)).toBeGreaterThanOrEqual(1)
      expect((await all()).map(({ offeredCount }) => offeredCount)).toEqual([2])
    })

    // The last: it closes everything before the last hour.
    it('never closes what was wanted within the last hour, whatever somebody’s clock says', async () => {
      const { store, put, count, one, all } = await start()
      const present = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
      await put(one, count(1, 0, present))
      await store.rollUp(present + 86_400_000, MANY)
      await put(one, count(2, 0, present))
      expect(await all()).toEqual([{ minute: present, offeredCount: 2, refusedCount: 0 }])
    })
  })
}
