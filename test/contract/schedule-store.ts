import { describe, expect, it } from 'vitest'
import type { ScheduleStore } from '../../infra/ports/schedule-store.ts'
import { aPool, aWindow } from '../fixtures/overrides.ts'

/** What every adapter of the schedule store port must do. */
export const describeScheduleStore = (adapter: string, open: () => Promise<ScheduleStore>): void => {
  describe(`ScheduleStore on ${adapter}`, () => {
    it('keeps a window as it was written, and replaces the one of its name', async () => {
      const [store, pool] = [await open(), aPool()]
      const window = aWindow({ name: `${pool} w`, pool, dates: ['2026-12-26'], except: ['2026-12-25'], priority: -3 })
      await store.put(window, 'ada')
      const changed = { ...window, days: [], start: '22:00', end: '06:00', clause: 'exactly' as const, count: 0 }
      const own = async () => (await store.list()).filter((one) => one.pool === pool)
      expect(await own()).toEqual([window])
      await store.put(changed, 'bob')
      expect(await own()).toEqual([changed])
    })

    it('lists by name', async () => {
      const [store, pool] = [await open(), aPool()]
      for (const name of ['b', 'a']) await store.put(aWindow({ name: `${pool}-${name}`, pool }), 'ada')
      const names = (await store.list()).filter((one) => one.pool === pool).map(({ name }) => name)
      expect(names).toEqual([`${pool}-a`, `${pool}-b`])
    })

    it('removes a window once', async () => {
      const [store, name] = [await open(), aPool()]
      await store.put(aWindow({ name }), 'ada')
      expect([await store.remove(name), await store.remove(name)]).toEqual([true, false])
      expect((await store.list()).map((one) => one.name)).not.toContain(name)
    })
  })
}
