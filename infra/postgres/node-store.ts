import type { Drain, FleetNode } from '../domain/fleet-node.ts'
import { SILENT_MS } from '../domain/fleet-node.ts'
import type { NodeStore } from '../ports/node-store.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `node.${name}`, text })

const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
const ms = (parameter: string): string => `${parameter}::float8 * interval '1 millisecond'`

const NODE = `id, name, zone, pools, version, state, workers, more_workers as "moreWorkers", devices, load,
          ${epochMs('started_at')} as "startedAt", ${epochMs('seen_at')} as "seenAt"`
const DRAIN = `node, reason, actor, ${epochMs('since')} as since, ${epochMs('until')} as until`

/** A supervisor that died and was started anew has another id: of the same place one row stays. */
const TELL = statement(
  'tell',
  `with dead as (
     delete from fleet_node
      where name = $2 and pools = $4 and id <> $1 and seen_at < now() - ${SILENT_MS} * interval '1 millisecond'
   ), told as (
     insert into fleet_node (id, name, zone, pools, version, state, workers, more_workers, devices, load)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do update
        set name = excluded.name, zone = excluded.zone, pools = excluded.pools, version = excluded.version,
            state = excluded.state, workers = excluded.workers, more_workers = excluded.more_workers,
            devices = excluded.devices, load = excluded.load, seen_at = now()
   )
   select reason, ${epochMs('until')} - ${epochMs('now()')} as "leftMs" from node_drain where node = $2 and until > now()`,
)
const LEFT = statement('left', 'delete from fleet_node where id = $1')
const LIST = statement('list', `select ${NODE} from fleet_node order by name, started_at, id limit $1`)
const DRAINS = statement('drains', `select ${DRAIN} from node_drain where until > now() order by node`)
const DRAINED = statement(
  'drained',
  `select count(*)::int as count from fleet_node
    where $1 = any (pools) and state in ('draining', 'drained')
      and seen_at >= now() - ${SILENT_MS} * interval '1 millisecond'`,
)
const NOW = statement('now', `select ${epochMs('now()')} as at`)
const WISH = statement(
  'wish',
  `insert into node_drain (node, reason, actor, until) values ($1, $2, $3, now() + ${ms('$4')})
       on conflict (node) do update
      set reason = excluded.reason, actor = excluded.actor, until = excluded.until,
          since = case when node_drain.until > now() then node_drain.since else now() end
   returning ${DRAIN}`,
)
const RELEASE = statement('release', `delete from node_drain where node = $1 returning ${DRAIN}, until > now() as held`)
const EXPIRED = statement('expired', `delete from node_drain where until <= now() returning ${DRAIN}`)
const FORGET = statement(
  'forget',
  `delete from fleet_node
    where seen_at < now() - ${ms('$1')}
      and not exists (select from node_drain where node = fleet_node.name and until > now())`,
)

/** Nodes and what is wished of them, in PostgreSQL. */
export const createNodeStore = (db: Queryable): NodeStore => ({
  async tell({ id, name, zone, pools, version, state, workers, moreWorkers, devices, load }) {
    const [told, seen, hard] = [workers, devices, load].map((part) => part && JSON.stringify(part))
    const values = [id, name, zone, pools, version, state, told, moreWorkers, seen, hard]
    const { rows } = await db.query<{ readonly reason: string; readonly leftMs: number }>(TELL, values)
    return { drain: rows[0] }
  },
  async left(id) {
    await db.query(LEFT, [id])
  },
  async list(limit) {
    const [now, nodes, drains] = [
      await db.query<{ readonly at: number }>(NOW, []),
      await db.query<FleetNode>(LIST, [limit]),
      await db.query<Drain>(DRAINS, []),
    ]
    return { at: now.rows[0]?.at ?? 0, nodes: nodes.rows, drains: drains.rows }
  },
  async drainedCount(pool) {
    return (await db.query<{ readonly count: number }>(DRAINED, [pool])).rows[0]?.count ?? 0
  },
  async drain({ node, reason, actor, durationMs }) {
    return (await db.query<Drain>(WISH, [node, reason, actor, durationMs])).rows[0] as Drain
  },
  async release(node) {
    const { rows } = await db.query<Drain & { readonly held: boolean }>(RELEASE, [node])
    if (!rows[0]?.held) return undefined
    const { held: _held, ...drain } = rows[0]
    return drain
  },
  async takeExpired() {
    return (await db.query<Drain>(EXPIRED, [])).rows
  },
  async forget(silentMs) {
    return (await db.query(FORGET, [silentMs])).rowCount ?? 0
  },
})
