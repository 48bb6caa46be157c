import type { CapacityMeasurement, CapacityStore } from '../../infra/ports/capacity-store.ts'

/** Measured capacities in memory, for unit tests. Passes the port's contract suite. */
export const createMemoryCapacityStore = (now: () => number = Date.now): CapacityStore => {
  /** newest first */
  const all: CapacityMeasurement[] = []
  return {
    async save(measurement) {
      all.unshift({ ...measurement, measuredAt: now() })
    },
    async latest() {
      const newest = all.filter(({ pool }, index) => all.findIndex((one) => one.pool === pool) === index)
      return newest.sort((a, b) => (a.pool < b.pool ? -1 : 1))
    },
    list: async (pool, limit) => all.filter((one) => one.pool === pool).slice(0, limit),
  }
}
