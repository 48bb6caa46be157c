import type { BootRecord, WorkerStart } from '../../infra/ports/boot-record.ts'

/** Starts of workers in memory, for unit tests. Passes the port's contract suite. @param now the database's clock */
export const createMemoryBootRecord = (now: () => number = Date.now): BootRecord => {
  const starts = new Map<string, WorkerStart>()
  const change = (workerId: string, facts: (start: WorkerStart) => Partial<WorkerStart>): void => {
    const start = starts.get(workerId)
    if (start) starts.set(workerId, { ...start, ...facts(start) })
  }
  return {
    async started(workerId, pool, agoMs) {
      starts.set(workerId, {
        ...{ workerId, pool, startedAt: now() - agoMs },
        ...{ readyAt: null, firstJobAt: null, device: null },
      })
    },
    ready: async (workerId, device) => change(workerId, () => ({ readyAt: now(), device })),
    firstJob: async (workerId) => change(workerId, ({ firstJobAt }) => ({ firstJobAt: firstJobAt ?? now() })),
    async starts(pool, since, limit) {
      const own = [...starts.values()].filter((start) => start.pool === pool && start.startedAt >= since)
      return own.sort((a, b) => b.startedAt - a.startedAt).slice(0, limit)
    },
    async forget(before) {
      const old = [...starts.values()].filter(({ startedAt }) => startedAt < before)
      for (const { workerId } of old) starts.delete(workerId)
      return old.length
    },
  }
}
