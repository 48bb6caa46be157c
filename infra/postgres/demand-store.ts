import type { DemandMinute, DemandSource, DemandStore } from '../ports/demand-store.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `demand.${name}`, text })

const instant = (value: string): string => `to_timestamp(${value}::float8 / 1000)`
const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`

/**
 * $1: source, $2: JSON array of totals, $3: the source's own clock. Totals only grow, so of two statements that overtook
 * each other the greater is the later. The lock keeps a minute from being closed between the test and the write.
 */
const PUT = statement(
  'put',
  `with heard as (
     insert into demand_source (source, ahead_ms) values ($1, $3::float8 - ${epochMs('clock_timestamp()')})
         on conflict (source) do update set seen_at = now(), ahead_ms = excluded.ahead_ms
   ), said as (
     select ${instant('c.minute')} as minute, c.pool, c.offered, c.refused
       from jsonb_to_recordset($2::jsonb) as c(minute float8, pool text, offered integer, refused integer)
   ), closed as (
     select until from demand_closed for share
   )
   insert into demand (minute, pool, source, offered_count, refused_count)
   select said.minute, said.pool, $1, said.offered, said.refused
     from said, closed where said.minute >= closed.until
       on conflict (minute, pool, source) do update set
          offered_count = greatest(demand.offered_count, excluded.offered_count),
          refused_count = greatest(demand.refused_count, excluded.refused_count)`,
)

const LEAVE = statement('leave', 'delete from demand_source where source = $1')

/** $1: pool, $2: from, $3: until. */
const MINUTES = statement(
  'minutes',
  `select ${epochMs('minute')} as minute, sum(offered_count)::float8 as "offeredCount",
          sum(refused_count)::float8 as "refusedCount"
     from demand where pool = $1 and minute >= ${instant('$2')} and minute < ${instant('$3')}
    group by demand.minute order by demand.minute`,
)

const SOURCES = statement(
  'sources',
  `select source, ${epochMs('clock_timestamp() - seen_at')} as "ageMs", ahead_ms as "aheadMs"
     from demand_source where seen_at > now() - interval '1 hour' order by source`,
)

/** Whose clock is a day ahead must not close what everybody still tells of. */
const OPEN_SINCE = "now() - interval '1 hour'"

/**
 * $1: close what is before, $2: at most so many rows. The row of `demand_closed` is written first, so that whoever says
 * something of these minutes either came before, and is counted here or the next time, or is told that they are closed.
 */
const ROLL_UP = statement(
  'roll-up',
  `with closed as (
     update demand_closed set until = greatest(until, date_trunc('minute', least(${instant('$1')}, ${OPEN_SINCE})))
     returning until
   ), picked as (
     select minute, pool, source from demand, closed
      where demand.minute < closed.until and source <> '' order by demand.minute limit $2
   ), gone as (
     delete from demand using picked
      where demand.minute = picked.minute and demand.pool = picked.pool and demand.source = picked.source
     returning demand.minute, demand.pool, demand.offered_count, demand.refused_count
   ), kept as (
     insert into demand (minute, pool, source, offered_count, refused_count)
     select minute, pool, '', sum(offered_count), sum(refused_count) from gone group by minute, pool
         on conflict (minute, pool, source) do update set
            offered_count = demand.offered_count + excluded.offered_count,
            refused_count = demand.refused_count + excluded.refused_count
   )
   select count(*)::integer as count from gone`,
)

const FORGET = statement(
  'forget',
  `with gone as (delete from demand_source where seen_at < now() - interval '1 day')
   delete from demand where minute < ${instant('$1')}`,
)

/** Demand in PostgreSQL: a row for each minute, pool and process. */
export const createDemandStore = (db: Queryable): DemandStore => ({
  async put(source, counts, now) {
    const said = counts.map(({ offeredCount: offered, refusedCount: refused, ...which }) => ({
      ...which,
      offered,
      refused,
    }))
    await db.query(PUT, [source, JSON.stringify(said), now])
  },
  async leave(source) {
    await db.query(LEAVE, [source])
  },
  async minutes(pool, from, until) {
    return (await db.query<DemandMinute>(MINUTES, [pool, from, until])).rows
  },
  async sources() {
    return (await db.query<DemandSource>(SOURCES, [])).rows
  },
  async rollUp(before, limit) {
    return (await db.query<{ count: number }>(ROLL_UP, [before, limit])).rows[0]?.count ?? 0
  },
  async forget(before) {
    return (await db.query(FORGET, [before])).rowCount ?? 0
  },
})
