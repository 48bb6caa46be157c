import type { NodeHour, NodeHourStore } from '../ports/node-hour-store.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `node-hour.${name}`, text })

const instant = (value: string): string => `to_timestamp(${value}::float8 / 1000)`
const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`

/** $1: JSON array of hours. */
const KEEP = statement(
  'keep',
  `insert into node_hour (hour, pool, zone, node_ms, observed_ms, pool_peak_count, workers_per_node)
   select ${instant('h.hour')}, h.pool, h.zone, h.node_ms, h.observed_ms, h.pool_peak_count, h.workers_per_node
     from jsonb_to_recordset($1::jsonb) as h(hour float8, pool text, zone text, node_ms float8, observed_ms float8,
          pool_peak_count integer, workers_per_node integer)
       on conflict (hour, pool, zone) do update set node_ms = excluded.node_ms, observed_ms = excluded.observed_ms,
          pool_peak_count = excluded.pool_peak_count, workers_per_node = excluded.workers_per_node`,
)

const LIST = statement(
  'list',
  `select ${epochMs('hour')} as hour, pool, zone, node_ms as "nodeMs", observed_ms as "observedMs",
          pool_peak_count as "poolPeakCount", workers_per_node as "workersPerNode"
     from node_hour where hour >= ${instant('$1')} and hour < ${instant('$2')} order by node_hour.hour, pool, zone`,
)

const NEWEST = statement('newest', `select ${epochMs('max(hour)')} as hour from node_hour where pool = $1`)

const FORGET = statement('forget', `delete from node_hour where hour < ${instant('$1')}`)

/** Node time in PostgreSQL. */
export const createNodeHourStore = (db: Queryable): NodeHourStore => ({
  async keep(hours) {
    const rows = hours.map(({ hour, pool, zone, nodeMs, observedMs, poolPeakCount, workersPerNode }) => ({
      ...{ hour, pool, zone, node_ms: nodeMs, observed_ms: observedMs, pool_peak_count: poolPeakCount },
      workers_per_node: workersPerNode,
    }))
    if (rows.length > 0) await db.query(KEEP, [JSON.stringify(rows)])
  },
  async list(from, until) {
    return (await db.query<NodeHour & { hour: number }>(LIST, [from, until])).rows
  },
  async newest(pool) {
    return (await db.query<{ hour: number | null }>(NEWEST, [pool])).rows[0]?.hour ?? undefined
  },
  async forget(before) {
    return (await db.query(FORGET, [before])).rowCount ?? 0
  },
})
