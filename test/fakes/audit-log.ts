import type { AuditEntry, AuditEvent, AuditLog, AuditTrail } from '../../infra/ports/audit-log.ts'
import { chainOn, NO_ENTRY } from '../../infra/runtime/audit-chain.ts'

/** An audit trail in memory, for unit tests of who writes what. */
export interface MemoryAuditLog extends AuditLog, AuditTrail {
  readonly events: readonly AuditEvent[]
}

export const createMemoryAuditLog = (): MemoryAuditLog => {
  const events: AuditEvent[] = []
  const entries: AuditEntry[] = []
  const head = () => entries.at(-1) ?? NO_ENTRY
  return {
    events,
    async record(event) {
      events.push(event)
      entries.push(chainOn(head(), Date.now(), { details: {}, ...event }))
    },
    async list({ tenant, action, since = 0, before = Number.POSITIVE_INFINITY, limit }) {
      const wanted = (entry: AuditEntry): boolean =>
        (tenant === undefined || entry.tenant === tenant) && (action === undefined || entry.action === action)
      return entries
        .toReversed()
        .filter((entry) => wanted(entry) && entry.at >= since && entry.seq < before)
        .slice(0, limit)
    },
    after: async (seq, limit) => entries.filter((entry) => entry.seq > seq).slice(0, limit),
    async head() {
      const { seq, hash } = head()
      return { seq, hash }
    },
  }
}
