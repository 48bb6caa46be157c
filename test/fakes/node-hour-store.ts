import type { NodeHour, NodeHourStore } from '../../infra/ports/node-hour-store.ts'

/** Node time in memory, for unit tests. Passes the port's contract suite. */
export const createMemoryNodeHourStore = (): NodeHourStore => {
  const hours = new Map<string, NodeHour>()
  return {
    async keep(all) {
      for (const one of all) hours.set(`${one.hour} ${one.pool} ${one.zone}`, one)
    },
    list: async (from, until) =>
      [...hours.values()]
        .filter(({ hour }) => hour >= from && hour < until)
        .toSorted((a, b) => a.hour - b.hour || (`${a.pool} ${a.zone}` < `${b.pool} ${b.zone}` ? -1 : 1)),
    async newest(pool) {
      const own = [...hours.values()].filter((one) => one.pool === pool).map(({ hour }) => hour)
      return own.length > 0 ? Math.max(...own) : undefined
    },
    async forget(before) {
      const old = [...hours].filter(([, { hour }]) => hour < before)
      for (const [key] of old) hours.delete(key)
      return old.length
    },
  }
}
