import type { DeviceQuarantine, QuarantineStore } from '../ports/quarantine-store.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `quarantine.${name}`, text })

const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`

const COLUMNS = `node, device, pools, why, ${epochMs('since')} as since, ${epochMs('seen_at')} as "seenAt",
          ${epochMs('ended_at')} as "endedAt"`

const HOLDS = statement(
  'holds',
  `insert into device_quarantine (node, device, pools, why) values ($1, $2, $3, $4)
       on conflict (node, device) where ended_at is null
       do update set seen_at = now(), pools = excluded.pools, why = excluded.why`,
)
const ENDED = statement(
  'ended',
  'update device_quarantine set ended_at = now() where node = $1 and device = $2 and ended_at is null',
)
const ACTIVE = statement(
  'active',
  `select ${COLUMNS} from device_quarantine
    where ended_at is null and seen_at >= now() - $1::float8 * interval '1 millisecond'
    order by device_quarantine.since, id`,
)
const LIST = statement('list', `select ${COLUMNS} from device_quarantine order by id desc limit $1`)

/** Quarantines in PostgreSQL. */
export const createQuarantineStore = (db: Queryable): QuarantineStore => ({
  async holds({ node, device, pools, why }) {
    await db.query(HOLDS, [node, device, pools, why])
  },
  async ended(node, device) {
    await db.query(ENDED, [node, device])
  },
  async active(withinMs) {
    return (await db.query<DeviceQuarantine>(ACTIVE, [withinMs])).rows
  },
  async list(limit) {
    return (await db.query<DeviceQuarantine>(LIST, [limit])).rows
  },
})
