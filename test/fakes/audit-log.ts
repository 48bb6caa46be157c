import type { AuditEvent, AuditLog } from '../../infra/ports/audit-log.ts'

/** An audit trail in memory, for unit tests of who writes what. */
export interface MemoryAuditLog extends AuditLog {
  readonly events: readonly AuditEvent[]
}

export const createMemoryAuditLog = (): MemoryAuditLog => {
  const events: AuditEvent[] = []
  return { events, record: async (event) => void events.push(event) }
}
