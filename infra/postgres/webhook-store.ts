import type { DisabledReason, WebhookEndpoint, WebhookEvent } from '../domain/webhook.ts'
import type { WebhookStore } from '../ports/webhook-store.ts'
import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

interface EndpointRow {
  id: string
  tenant: string
  url: string
  events: WebhookEvent[]
  description: string
  disabled_at: Date | null
  disabled_reason: DisabledReason | null
  failing_since: Date | null
  created_at: Date
}

const COLUMNS = 'id, tenant, url, events, description, disabled_at, disabled_reason, failing_since, created_at'
const statement = (name: string, text: string): Statement => ({ name: `webhook.${name}`, text })

const CREATE = statement(
  'create',
  `insert into webhook_endpoint (tenant, url, events, description, secret)
   select $1, $2, $3, $4, $5 where (select count(*) from webhook_endpoint where tenant = $1) < $6
   returning ${COLUMNS}`,
)
const LIST = statement(
  'list',
  `select ${COLUMNS} from webhook_endpoint where tenant = $1 and ($2::uuid is null or id = $2) order by created_at, id`,
)
/** A change that is null keeps what there is. Enabling also forgets the failures, or the next one would disable again. */
const UPDATE = statement(
  'update',
  `update webhook_endpoint
      set url = coalesce($3, url), events = coalesce($4, events), description = coalesce($5, description),
          disabled_at = case when $6 then null when not $6 then coalesce(disabled_at, now()) else disabled_at end,
          disabled_reason = case when $6 then null when not $6 then 'caller' else disabled_reason end,
          failing_since = case when $6 then null else failing_since end,
          paused_until = case when $6 then null else paused_until end
    where tenant = $1 and id = $2
   returning ${COLUMNS}`,
)
const REMOVE = statement('remove', 'delete from webhook_endpoint where tenant = $1 and id = $2')
const ROTATE = statement(
  'rotate',
  `update webhook_endpoint
      set previous_secret = secret, previous_until = now() + $4 * interval '1 millisecond', secret = $3
    where tenant = $1 and id = $2`,
)
/** The update changes nothing: it makes the statement answer the row that was there before. */
const TENANT_SECRET = statement(
  'tenant-secret',
  `insert into webhook_secret as s (tenant, secret) values ($1, $2)
       on conflict (tenant) do update set secret = s.secret
   returning secret`,
)
const ROTATE_TENANT = statement(
  'rotate-tenant',
  `insert into webhook_secret as s (tenant, secret) values ($1, $2)
       on conflict (tenant) do update set previous_secret = s.secret,
          previous_until = now() + $3 * interval '1 millisecond', secret = excluded.secret`,
)

const toEndpoint = (row: EndpointRow): WebhookEndpoint => ({
  id: row.id,
  tenant: row.tenant,
  url: row.url,
  events: row.events,
  description: row.description,
  disabledAt: row.disabled_at?.getTime() ?? null,
  disabledReason: row.disabled_reason,
  failingSince: row.failing_since?.getTime() ?? null,
  createdAt: row.created_at.getTime(),
})

/** Endpoints in PostgreSQL, each statement on behalf of its tenant. Secrets are stored as they are given: seal them before. */
export const createWebhookStore = (db: Database): WebhookStore => ({
  async create({ tenant, url, events, description, secret }, maxCount) {
    const { rows } = await db
      .as(tenant)
      .query<EndpointRow>(CREATE, [tenant, url, events, description, secret, maxCount])
    return rows[0] && toEndpoint(rows[0])
  },
  async list(tenant) {
    return (await db.as(tenant).query<EndpointRow>(LIST, [tenant, null])).rows.map(toEndpoint)
  },
  async find(tenant, id) {
    const { rows } = await db.as(tenant).query<EndpointRow>(LIST, [tenant, id])
    return rows[0] && toEndpoint(rows[0])
  },
  async update(tenant, id, { url = null, events = null, description = null, enabled = null }) {
    const { rows } = await db.as(tenant).query<EndpointRow>(UPDATE, [tenant, id, url, events, description, enabled])
    return rows[0] && toEndpoint(rows[0])
  },
  async remove(tenant, id) {
    return (await db.as(tenant).query(REMOVE, [tenant, id])).rowCount === 1
  },
  async rotate(tenant, id, secret, overlapMs) {
    return (await db.as(tenant).query(ROTATE, [tenant, id, secret, overlapMs])).rowCount === 1
  },
  async tenantSecret(tenant, fresh) {
    const { rows } = await db.as(tenant).query<{ secret: string }>(TENANT_SECRET, [tenant, fresh])
    return (rows[0] as { secret: string }).secret
  },
  async rotateTenantSecret(tenant, secret, overlapMs) {
    await db.as(tenant).query(ROTATE_TENANT, [tenant, secret, overlapMs])
  },
})
