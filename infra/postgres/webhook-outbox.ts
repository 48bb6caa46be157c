import type { WebhookAttempt } from '../domain/webhook.ts'
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
const MAX_CALLS = 50
const GROUP = { maxItems: 128, slotCount: 1 }

interface Settling {
  readonly outcome: CallOutcome
  readonly disableAfterMs: number
}

const toRecord = ({ id, attempt, verdict, retryMs, pauseMs, gone, status, error, body, durationMs }: CallOutcome) => ({
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
  duration_ms: Math.round(durationMs),
})

const settleMany = async (
  db: Database,
  items: readonly Settling[],
  noticeUrl: string | null,
): Promise<readonly (DisabledEndpoint | undefined)[]> => {
  const disableAfterMs = Math.min(...items.map((item) => item.disableAfterMs))
  const records = items.map(({ outcome }) => toRecord(outcome))
  const { rows } = await db.query<DisabledEndpoint & { endpointId: string }>(sql.SETTLE, [
    JSON.stringify(records),
    disableAfterMs,
    noticeUrl,
  ])
  // The statement knows endpoints, not outcomes: whoever is answered first tells of the endpoint.
  return items.map((_, index) => rows[index])
}

/** Deliveries in PostgreSQL. @param noticeUrl where operators are told of endpoints that were disabled */
export const createWebhookOutbox = (db: Database, noticeUrl: string | null = null): WebhookOutbox => {
  const settle = coalesce((items: readonly Settling[]) => settleMany(db, items, noticeUrl), GROUP)
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
    async delivery(tenant, id) {
      const found = (await db.as(tenant).query<ListedDelivery & { id: string }>(sql.FIND, [tenant, id])).rows[0]
      if (!found) return undefined
      const { rows: calls } = await db
        .as(tenant)
        .query<WebhookAttempt & { at: number }>(sql.CALLS, [tenant, id, MAX_CALLS])
      return { ...found, calls }
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
