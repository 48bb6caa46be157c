import type { Fleet } from '../ports/fleet.ts'

/**
 * A fleet on paper: it has whatever count it is told. For sites where something else reads the decisions and acts on them.
 * @param startOf the count of a pool before the first change
 */
export const createPaperFleet = (startOf: (pool: string) => Promise<number>): Fleet => {
  const counts = new Map<string, number>()
  const countOf = async (pool: string): Promise<number> => {
    const count = counts.get(pool) ?? (await startOf(pool))
    counts.set(pool, count)
    return count
  }
  return {
    async view(pool) {
      const count = await countOf(pool)
      const counts = { desiredCount: count, placedCount: count, runningCount: count }
      return { ...counts, bounds: undefined, version: String(count) }
    },
    async setCount({ pool, count, version }) {
      const present = await countOf(pool)
      if (String(present) !== version) return { kind: 'conflict', why: `the count is ${present} now` }
      counts.set(pool, count)
      return { kind: 'applied' }
    },
    async note() {},
  }
}
