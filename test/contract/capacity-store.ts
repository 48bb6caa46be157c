import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { CapacityMeasurement, CapacityStore } from '../../infra/ports/capacity-store.ts'

/** A measurement of a pool of its own. */
export const aCapacity = (
  overrides: Partial<Omit<CapacityMeasurement, 'measuredAt'>> = {},
): Omit<CapacityMeasurement, 'measuredAt'> => ({
  ...{ pool: `pool-${randomUUID().slice(0, 8)}`, models: 'a@1.0.0,b@2.0.0', device: 'cpu', workersPerNode: 4 },
  ...{ checksPerSecond: 9.5, p95Ms: 812.5, sloMs: 3_000 },
  ...overrides,
})

/** What every CapacityStore promises. */
export const describeCapacityStore = (adapter: string, open: () => Promise<CapacityStore>): void => {
  describe(`CapacityStore on ${adapter}`, () => {
    it('keeps a measurement as it was made, and when', async () => {
      const [store, capacity] = [await open(), aCapacity()]
      await store.save(capacity)
      expect(await store.list(capacity.pool, 10)).toEqual([{ ...capacity, measuredAt: expect.any(Number) }])
    })

    it('answers the newest of each pool, and all of one', async () => {
      const store = await open()
      const [one, two] = [aCapacity(), aCapacity()]
      await store.save({ ...one, checksPerSecond: 1 })
      await store.save(two)
      await store.save({ ...one, checksPerSecond: 2 })
      const latest = (await store.latest()).filter(({ pool }) => pool === one.pool || pool === two.pool)
      expect(new Map(latest.map(({ pool, checksPerSecond }) => [pool, checksPerSecond]))).toEqual(
        new Map([
          [one.pool, 2],
          [two.pool, two.checksPerSecond],
        ]),
      )
      expect((await store.list(one.pool, 10)).map(({ checksPerSecond }) => checksPerSecond)).toEqual([2, 1])
      expect(await store.list(one.pool, 1)).toHaveLength(1)
    })
  })
}
