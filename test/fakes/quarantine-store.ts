import type { DeviceQuarantine, QuarantineStore } from '../../infra/ports/quarantine-store.ts'

/** Quarantines in memory, for unit tests. Passes the port's contract suite. */
export const createMemoryQuarantineStore = (now: () => number = Date.now): QuarantineStore => {
  /** newest first */
  let all: readonly DeviceQuarantine[] = []
  const isOf = (node: string, device: string) => (one: DeviceQuarantine) =>
    one.node === node && one.device === device && one.endedAt === null
  return {
    async holds(told) {
      const before = all.find(isOf(told.node, told.device))
      const one = { ...told, since: before?.since ?? now(), seenAt: now(), endedAt: null }
      all = before ? all.map((other) => (other === before ? one : other)) : [one, ...all]
    },
    async ended(node, device) {
      const holds = isOf(node, device)
      all = all.map((one) => (holds(one) ? { ...one, endedAt: now() } : one))
    },
    active: async (withinMs) =>
      all.filter(({ endedAt, seenAt }) => endedAt === null && seenAt >= now() - withinMs).toReversed(),
    list: async (limit) => all.slice(0, limit),
  }
}
