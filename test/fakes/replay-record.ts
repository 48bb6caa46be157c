import type { ReplayRecord } from '../../infra/ports/replay-record.ts'

/** What was heard once, in memory, for unit tests. Passes the port's contract suite. */
export const createMemoryReplayRecord = (): ReplayRecord => {
  const heard = new Set<string>()
  return {
    async isNew(key) {
      const known = heard.has(key)
      heard.add(key)
      return !known
    },
  }
}
