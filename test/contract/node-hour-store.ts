import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { NodeHour, NodeHourStore } from '../../infra/ports/node-hour-store.ts'

const HOUR_MS = 3_600_000
const START = 1_699_999_200_000

/** What every NodeHourStore promises. */
export const describeNodeHourStore = (adapter: string, open: () => Promise<NodeHourStore>): void => {
  describe(`NodeHourStore on ${adapter}`, () => {
    const start = async () => {
      const [store, pool] = [await open(), `pool-${randomUUID().slice(0, 8)}`]
      const anHour = (hour: number, overrides: Partial<NodeHour> = {}): NodeHour => ({
        ...{ hour: START + hour * HOUR_MS, pool, zone: '', nodeMs: 2.5 * HOUR_MS, observedMs: HOUR_MS },
        ...{ poolPeakCount: 3, workersPerNode: 4 },
        ...overrides,
      })
      const list = async (from = 0, until = 24) =>
        (await store.list(START + from * HOUR_MS, START + until * HOUR_MS)).filter((one) => one.pool === pool)
      return { store, pool, anHour, list }
    }

    it('keeps hours, oldest first, each zone for itself', async () => {
      const { store, anHour, list } = await start()
      const [late, early] = [anHour(2, { zone: 'b', workersPerNode: null }), anHour(1)]
      await store.keep([late, anHour(2, { zone: 'a' }), early])
      expect(await list()).toEqual([early, anHour(2, { zone: 'a' }), late])
      expect(await list(1, 2)).toEqual([early])
      await store.keep([])
    })

    it('puts what is told later in the place of what was known', async () => {
      const { store, anHour, list } = await start()
      await store.keep([anHour(1)])
      await store.keep([anHour(1, { nodeMs: 7, poolPeakCount: 9 })])
      expect(await list()).toEqual([anHour(1, { nodeMs: 7, poolPeakCount: 9 })])
    })

    it('knows the newest hour of a pool', async () => {
      const { store, pool, anHour } = await start()
      expect(await store.newest(pool)).toBeUndefined()
      await store.keep([anHour(3), anHour(1), anHour(5, { pool: `${pool}-other` })])
      expect(await store.newest(pool)).toBe(START + 3 * HOUR_MS)
    })

    it('forgets what is old', async () => {
      const { store, anHour, list } = await start()
      await store.keep([anHour(1), anHour(2)])
      expect(await store.forget(START + 2 * HOUR_MS)).toBeGreaterThanOrEqual(1)
      expect(await list()).toEqual([anHour(2)])
    })
  })
}
