import type { PresenceHour, UsageHour, UsageStore } from '../ports/usage-store.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `usage.${name}`, text })

const instant = (value: string): string => `to_timestamp(${value}::float8 / 1000)`
const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
/** UTC, whatever zone the server lives in: some are half an hour off. */
const THIS_HOUR = `date_trunc('hour', now(), 'UTC')`

/**
 * $1: source, $2: number, $3: pool, $4: ms it was there, $5: JSON array of shares. Only a report that was not counted yet
 * counts. Rows are written in one order, so that two processes do not wait for each other in a circle.
 */
const TELL = statement(
  'tell',
  `with fresh as (
     insert into usage_source (source, number) values ($1, $2)
         on conflict (source) do update set number = excluded.number, told_at = now()
      where usage_source.number < excluded.number
     returning source
   ), present as (
     insert into worker_hour (hour, pool, present_ms) select ${THIS_HOUR}, $3, $4::float8 from fresh
         on conflict (hour, pool) do update set present_ms = worker_hour.present_ms + excluded.present_ms
   )
   insert into usage_hour (hour, pool, tenant, task, model, run_count, busy_ms)
   select ${THIS_HOUR}, $3, s.tenant, s.task, s.model, s.run_count, s.busy_ms
     from fresh, jsonb_to_recordset($5::jsonb) as s(tenant text, task text, model text, run_count bigint, busy_ms float8)
    order by s.tenant, s.task, s.model
       on conflict (hour, pool, tenant, task, model) do update set
          run_count = usage_hour.run_count + excluded.run_count, busy_ms = usage_hour.busy_ms + excluded.busy_ms`,
)

const within = `hour >= ${instant('$1')} and hour < ${instant('$2')}`

const USAGE = statement(
  'usage',
  `select ${epochMs('hour')} as hour, pool, tenant, task, model, run_count::float8 as "runCount", busy_ms as "busyMs"
     from usage_hour where ${within} order by usage_hour.hour, pool, tenant, task, model`,
)

const PRESENCE = statement(
  'presence',
  `select ${epochMs('hour')} as hour, pool, present_ms as "presentMs"
     from worker_hour where ${within} order by worker_hour.hour, pool`,
)

/** A process that has told nothing for a day is gone. */
const FORGET = statement(
  'forget',
  `with sources as (delete from usage_source where told_at < now() - interval '1 day'),
        workers as (delete from worker_hour where hour < ${instant('$1')})
   delete from usage_hour where hour < ${instant('$1')}`,
)

/** Usage in PostgreSQL: a row for each hour, pool, tenant, task and set of models. */
export const createUsageStore = (db: Queryable): UsageStore => ({
  async tell({ source, number, pool, presentMs, shares }) {
    const rows = shares.map(({ runCount: run_count, busyMs: busy_ms, ...which }) => ({ ...which, run_count, busy_ms }))
    await db.query(TELL, [source, number, pool, presentMs, JSON.stringify(rows)])
  },
  async usage(from, until) {
    return (await db.query<UsageHour & { hour: number }>(USAGE, [from, until])).rows
  },
  async presence(from, until) {
    return (await db.query<PresenceHour & { hour: number }>(PRESENCE, [from, until])).rows
  },
  async forget(before) {
    return (await db.query(FORGET, [before])).rowCount ?? 0
  },
})
