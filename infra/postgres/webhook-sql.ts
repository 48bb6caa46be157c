import { ENDPOINT_DISABLED, OPERATOR } from '../domain/webhook.ts'
import type { Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `webhook-outbox.${name}`, text })

const ms = (column: string, alias: string): string => `(extract(epoch from d.${column}) * 1000)::float8 as ${alias}`

/**
 * $1: most calls to lease, $2: under way at once to one target, $3: for one tenant, $4: lease in ms.
 * The targets are found by leaping through the index, one probe each, so a receiver with a million waiting calls costs as
 * much as one with a single call. Of each at most its free places are locked; targets and tenants take turns.
 */
export const DUE = statement(
  'due',
  `with recursive leap as (
     (select target from webhook_delivery where next_at is not null order by target limit 1)
     union all
     select (select d.target from webhook_delivery d
              where d.next_at is not null and d.target > leap.target order by d.target limit 1)
       from leap where leap.target is not null
   ), ready as (
     select leap.target from leap
      where exists (select from webhook_delivery d where d.target = leap.target and d.next_at <= now())
      order by random() limit $1
   ), leased as (
     select target, tenant, count(*)::integer as leased_count from webhook_delivery
      where leased_until > now() group by target, tenant
   ), free as (
     select d.* from ready cross join lateral (
       select d.id, d.tenant, d.endpoint, d.target, d.next_at from webhook_delivery d
         left join webhook_endpoint e on e.id = d.endpoint
        where d.target = ready.target and d.next_at <= now()
          and (d.endpoint is null or (e.disabled_at is null and e.id is not null and coalesce(e.paused_until <= now(), true)))
        order by d.next_at
        limit greatest(0, $2 - (select coalesce(sum(leased_count), 0) from leased where leased.target = ready.target))
          for update of d skip locked
     ) d
   ), ranked as (
     select free.*, row_number() over (partition by target order by next_at) as turn,
            row_number() over (partition by tenant order by next_at) as of_tenant
       from free
   ), picked as (
     select id, tenant, endpoint from ranked
      where of_tenant <= $3 - (select coalesce(sum(leased_count), 0) from leased where leased.tenant = ranked.tenant)
      order by turn, next_at limit $1
   )
   update webhook_delivery d
      set attempt = d.attempt + 1, last_at = now(), leased_until = now() + $4 * interval '1 millisecond',
          next_at = now() + $4 * interval '1 millisecond'
     from picked left join webhook_endpoint e on e.id = picked.endpoint
     left join webhook_secret s on picked.endpoint is null and s.tenant = picked.tenant
    where d.id = picked.id
   returning d.id, d.tenant, d.endpoint as "endpointId", coalesce(e.url, d.url) as url, d.job_id as "jobId", d.task, d.type,
             ${ms('occurred_at', '"occurredAt"')}, d.attempt, d.about_endpoint as "aboutEndpoint",
             d.about_reason as "aboutReason", d.about_tenant as "aboutTenant",
             array_remove(array[coalesce(e.secret, s.secret),
               case when e.previous_until > now() then e.previous_secret
                    when s.previous_until > now() then s.previous_secret end], null) as secrets`,
)

/**
 * $1: JSON array of outcomes, $2: ms of failure that disable an endpoint, $3: where operators are told of it, or null.
 * Answers the endpoints disabled by them. Those disabled at the same time are not told of each other.
 */
export const SETTLE = statement(
  'settle',
  `with settled as (
     update webhook_delivery d
        set leased_until = null, last_status = o.status, last_error = o.error, last_body = o.body,
            next_at = case when o.verdict = 'retry' then now() + o.retry_ms * interval '1 millisecond' end,
            delivered_at = case when o.verdict = 'delivered' then now() end,
            given_up_at = case when o.verdict = 'give-up' then now() end
       from jsonb_to_recordset($1::jsonb) as o(id uuid, attempt integer, verdict text, retry_ms float8, pause_ms float8,
            gone boolean, status integer, error text, body text, duration_ms integer)
      where d.id = o.id and d.attempt = o.attempt and d.leased_until is not null
     returning d.id, d.tenant, d.endpoint, d.attempt, d.last_at, o.status, o.error, o.duration_ms, o.verdict, o.pause_ms,
               o.gone
   ), kept as (
     insert into webhook_attempt (delivery, tenant, attempt, at, status, error, duration_ms)
     select id, tenant, attempt, last_at, status, error, duration_ms from settled
   ), told as (
     select endpoint, bool_or(verdict = 'delivered') as delivered, bool_or(gone) as gone, max(pause_ms) as pause_ms
       from settled where endpoint is not null group by endpoint
   ), changed as (
     update webhook_endpoint e
        set failing_since = case when told.delivered then null else coalesce(e.failing_since, now()) end,
            paused_until = coalesce(now() + told.pause_ms * interval '1 millisecond', e.paused_until),
            disabled_at = case when told.gone or (not told.delivered
              and e.failing_since <= now() - $2 * interval '1 millisecond') then now() end,
            disabled_reason = case when told.gone then 'gone' when not told.delivered
              and e.failing_since <= now() - $2 * interval '1 millisecond' then 'failing' end
       from told
      where e.id = told.endpoint and e.disabled_at is null
        and (told.gone or not told.delivered or told.pause_ms is not null or e.failing_since is not null)
     returning e.id, e.tenant, e.disabled_reason
   ), disabled as (
     select * from changed where disabled_reason is not null
   ), noticed as (
     insert into webhook_delivery (tenant, endpoint, url, target, type, about_endpoint, about_reason, about_tenant)
     select e.tenant, e.id, null, e.id::text, '${ENDPOINT_DISABLED}', d.id, d.disabled_reason, d.tenant
       from disabled d join webhook_endpoint e on e.tenant = d.tenant
      where e.disabled_at is null and '${ENDPOINT_DISABLED}' = any(e.events)
        and not exists (select from disabled other where other.id = e.id)
     union all
     select '${OPERATOR}', null, $3, '${OPERATOR}', '${ENDPOINT_DISABLED}', d.id, d.disabled_reason, d.tenant
       from disabled d where $3::text is not null
   )
   select id as "endpointId", tenant, disabled_reason as reason from disabled`,
)

const COLUMNS = `d.seq::float8 as seq, d.id, d.tenant, d.endpoint as "endpointId", d.job_id as "jobId", d.type,
          ${ms('occurred_at', '"occurredAt"')}, d.attempt, ${ms('next_at', '"nextAt"')}, ${ms('last_at', '"lastAt"')},
          d.last_status as "lastStatus", d.last_error as "lastError", d.last_body as "lastBody",
          ${ms('delivered_at', '"deliveredAt"')}, ${ms('given_up_at', '"givenUpAt"')}`

/** $2: endpoint or null, $3: job or null, $4: place in the list or null, $5: how many. */
export const LIST = statement(
  'list',
  `select ${COLUMNS}
     from webhook_delivery d
    where d.tenant = $1 and ($2::uuid is null or d.endpoint = $2) and ($3::uuid is null or d.job_id = $3)
      and ($4::bigint is null or d.seq < $4)
    order by d.seq desc limit $5`,
)

export const FIND = statement('find', `select ${COLUMNS} from webhook_delivery d where d.tenant = $1 and d.id = $2`)

/** $3: how many, the latest. */
export const CALLS = statement(
  'calls',
  `select attempt, at, status, error, "durationMs" from (
     select d.seq, d.attempt, ${ms('at', 'at')}, d.status, d.error, d.duration_ms as "durationMs"
       from webhook_attempt d where d.tenant = $1 and d.delivery = $2 order by d.seq desc limit $3
   ) latest order by seq`,
)

export const TEST = statement(
  'test',
  `insert into webhook_delivery (tenant, endpoint, target, type)
   select tenant, id, id::text, 'webhook.test' from webhook_endpoint where tenant = $1 and id = $2
   returning id`,
)

/** With the ten of the next round they are fifty. */
const KEPT_CALLS = 40
const AGAIN = 'attempt = 0, next_at = now(), leased_until = null, delivered_at = null, given_up_at = null'

/** Of what is sent again and again, only the latest calls are kept: `where` picks the deliveries. */
const again = (where: string): string =>
  `with again as (
     update webhook_delivery set ${AGAIN} where ${where} returning id
   ), trimmed as (
     delete from webhook_attempt a using again
      where a.delivery = again.id and a.seq <= (
        select seq from webhook_attempt old where old.delivery = again.id order by seq desc offset ${KEPT_CALLS} limit 1)
   )
   select id from again`

/** A call under way is left alone: its outcome would be lost. */
export const REPLAY = statement('replay', again('tenant = $1 and id = $2 and leased_until is null'))

export const REPLAY_RANGE = statement(
  'replay-range',
  again(`tenant = $1 and endpoint = $2 and delivered_at is null and leased_until is null
      and occurred_at >= to_timestamp($3::float8 / 1000) and occurred_at < to_timestamp($4::float8 / 1000)`),
)

/** What waits for an endpoint that was deleted would wait for ever. */
export const PURGE = statement(
  'purge',
  `delete from webhook_delivery
    where id in (select id from webhook_delivery
                  where occurred_at < now() - $1 * interval '1 millisecond' order by occurred_at limit $2)
       or id in (select d.id from webhook_delivery d
                  where d.next_at is not null and d.endpoint is not null
                    and not exists (select from webhook_endpoint e where e.id = d.endpoint) limit $2)`,
)
