import type {
  CallOutcome,
  DisabledEndpoint,
  DueDelivery,
  ListedDelivery,
  WebhookOutbox,
} from '../ports/webhook-outbox.ts'
import { coalesce } from '../runtime/coalesce.ts'
import type { Database } from './pool.ts'
import * as sql from './webhook-sql.ts'

/** Outcomes of one moment share a statement. */
const GROUP = { maxItems: 128, slotCount: 1 }

interface Settling {
  readonly outcome: CallOutcome
  readonly disableAfterMs: number
}

const toRecord = ({ id, attempt, verdict, retryMs, pauseMs, gone, status, error, body }: CallOutcome) => ({
  id,
  attempt,
  verdict,
  retry_ms: retryMs ?? null,
  pause_ms: pauseMs ?? null,
  gone: gone ?? false,
  status,
  error,
  // A receiver may answer with anything, and PostgreSQL takes no zero byte in a text.
  body: body?.replaceAll('\0', '') ?? null,
})

const settleMany = async (
  db: Database,
  items: readonly Settling[],
): Promise<readonly (DisabledEndpoint | undefined)[]> => {
  const disableAfterMs = Math.min(...items.map((item) => item.disableAfterMs))
  const records = items.map(({ outcome }) => toRecord(outcome))
  const { rows } = await db.query<DisabledEndpoint & { endpointId: string }>(sql.SETTLE, [
    JSON.stringify(records),
    disableAfterMs,
  ])
  // The statement knows endpoints, not outcomes: whoever is answered first tells of the endpoint.
  return items.map((_, index) => rows[index])
}

/** Deliveries in PostgreSQL. */
export const createWebhookOutbox = (db: Database): WebhookOutbox => {
  const settle = coalesce((items: readonly Settling[]) => settleMany(db, items), GROUP)
  return {
    async due({ totalCount, perTargetCount, perTenantCount, leaseMs }) {
      const limits = [totalCount, perTargetCount, perTenantCount, leaseMs]
      return (await db.query<DueDelivery & { id: string }>(sql.DUE, limits)).rows
    },
    settle: (outcome, disableAfterMs) => settle({ outcome, disableAfterMs }),
    async deliveries(tenant, { endpointId = null, jobId = null, before = null, limit }) {
      const values = [tenant, endpointId, jobId, before, limit]
      return (await db.as(tenant).query<ListedDelivery & { id: string }>(sql.LIST, values)).rows
    },
    async test(tenant, endpointId) {
      return (await db.as(tenant).query<{ id: string }>(sql.TEST, [tenant, endpointId])).rows[0]?.id
    },
    async replay(tenant, id) {
      return (await db.as(tenant).query(sql.REPLAY, [tenant, id])).rowCount === 1
    },
    async replayRange(tenant, endpointId, since, until) {
      return (await db.as(tenant).query(sql.REPLAY_RANGE, [tenant, endpointId, since, until])).rowCount ?? 0
    },
    async purge(olderThanMs, limit) {
      return (await db.query(sql.PURGE, [olderThanMs, limit])).rowCount ?? 0
    },
  }
}
