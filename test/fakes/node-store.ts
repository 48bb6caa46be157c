import { type Drain, type FleetNode, nodeState, SILENT_MS } from '../../infra/domain/fleet-node.ts'
import type { NodeStore } from '../../infra/ports/node-store.ts'

/** Nodes in memory, for unit tests. Passes the port's contract suite. */
export const createMemoryNodeStore = (now: () => number = Date.now): NodeStore => {
  let nodes: readonly FleetNode[] = []
  const drains = new Map<string, Drain>()
  const held = (node: string): Drain | undefined => {
    const drain = drains.get(node)
    return drain && drain.until > now() ? drain : undefined
  }
  const isDead = (told: Pick<FleetNode, 'id' | 'name' | 'pools'>) => (one: FleetNode) =>
    one.name === told.name &&
    one.pools.join(' ') === told.pools.join(' ') &&
    one.id !== told.id &&
    one.seenAt < now() - SILENT_MS
  return {
    async tell(told) {
      const before = nodes.find(({ id }) => id === told.id)
      const dead = isDead(told)
      const others = nodes.filter((one) => one !== before && !dead(one))
      nodes = [...others, { ...told, startedAt: before?.startedAt ?? now(), seenAt: now() }]
      const drain = held(told.name)
      return { drain: drain && { reason: drain.reason, leftMs: drain.until - now() } }
    },
    async left(id) {
      nodes = nodes.filter((one) => one.id !== id)
    },
    async list(limit) {
      const byName = nodes.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.startedAt - b.startedAt))
      const holding = [...drains.keys()].sort().flatMap((node) => held(node) ?? [])
      return { at: now(), nodes: byName.slice(0, limit), drains: holding }
    },
    async drainedCount(pool) {
      const idle = nodes.filter((one) => ['draining', 'drained'].includes(nodeState(one, now())))
      return idle.filter(({ pools }) => pools.includes(pool)).length
    },
    async drain({ node, reason, actor, durationMs }) {
      const drain = { node, reason, actor, since: held(node)?.since ?? now(), until: now() + durationMs }
      drains.set(node, drain)
      return drain
    },
    async release(node) {
      const drain = held(node)
      drains.delete(node)
      return drain
    },
    async takeExpired() {
      const expired = [...drains.values()].filter(({ until }) => until <= now())
      for (const { node } of expired) drains.delete(node)
      return expired
    },
    async forget(silentMs) {
      const before = nodes.length
      nodes = nodes.filter(({ name, seenAt }) => seenAt >= now() - silentMs || held(name))
      return before - nodes.length
    },
  }
}
