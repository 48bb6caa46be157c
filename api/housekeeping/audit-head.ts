import type { AuditHead, AuditTrail } from '../../infra/ports/audit-log.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'

/**
 * Tells the last entry of the trail where the database cannot take it back: in the log and as a metric. Who keeps either
 * can prove later that the trail was cut off or rewritten.
 * @returns looks again
 */
export const createAuditHead = ({
  audit,
  metrics,
  log,
}: {
  readonly audit: Pick<AuditTrail, 'head'>
  readonly metrics: Metrics
  readonly log: Logger
}): (() => Promise<void>) => {
  let told: AuditHead | undefined
  metrics.gauge('muster_audit_entries', 'Entries of the audit trail; it only grows', () => told?.seq ?? 0)
  return async () => {
    const { seq, hash } = await audit.head()
    if (told !== undefined && seq < told.seq) log.error({ seq, was: told.seq }, 'the audit trail has lost entries')
    if (hash !== told?.hash) log.info({ seq, hash }, 'head of the audit trail')
    told = { seq, hash }
  }
}
