import type { OverrideKind } from '../domain/scaling.ts'
import type { KeptOverride, OverrideStore } from '../ports/override-store.ts'
import type { Queryable, Statement } from './statement.ts'

interface OverrideRow {
  readonly id: string
  readonly pool: string
  readonly kind: OverrideKind
  readonly count: number | null
  readonly actor: string
  readonly reason: string
  readonly created_at: Date
  readonly expires_at: Date
  readonly pending: boolean
  readonly confirmed_by: string | null
  readonly released_at: Date | null
  readonly released_by: string | null
}

const COLUMNS =
  'id, pool, kind, count, actor, reason, created_at, expires_at, pending, confirmed_by, released_at, released_by'
/** Who is asked to confirm looks within the hour, or the moment has passed. */
const PENDING = `interval '1 hour'`
const ID = /^\d{1,18}$/
const statement = (name: string, text: string): Statement => ({ name: `override.${name}`, text })

const ADD = statement(
  'add',
  `insert into override (pool, kind, count, actor, reason, duration_ms, pending, expires_at)
   values ($1, $2, $3, $4, $5, $6::bigint, $7::boolean,
           clock_timestamp() + case when $7::boolean then ${PENDING} else $6::bigint * interval '1 millisecond' end)
   returning ${COLUMNS}`,
)
/** It is as new as its confirmation: what was said meanwhile is older. */
const CONFIRM = statement(
  'confirm',
  `update override
      set pending = false, confirmed_by = $2, created_at = clock_timestamp(),
          expires_at = clock_timestamp() + duration_ms * interval '1 millisecond'
    where id = $1 and pending and released_at is null and expires_at > clock_timestamp() and actor <> $2
   returning ${COLUMNS}`,
)
const IS_PENDING = statement(
  'is-pending',
  'select 1 from override where id = $1 and pending and released_at is null and expires_at > clock_timestamp()',
)
const RELEASE = statement(
  'release',
  `update override set released_at = clock_timestamp(), released_by = $2
    where pool = $1 and released_at is null and expires_at > clock_timestamp()
   returning ${COLUMNS}`,
)
const ACTIVE = statement(
  'active',
  `select ${COLUMNS} from override
    where not pending and released_at is null and told_at is null and expires_at > clock_timestamp()
    order by created_at desc, id desc`,
)
const LIST = statement(
  'list',
  `select ${COLUMNS} from override where ($1::text is null or pool = $1) order by created_at desc, id desc limit $2`,
)
const TAKE_EXPIRED = statement(
  'take-expired',
  `update override set told_at = clock_timestamp()
    where released_at is null and told_at is null and expires_at <= clock_timestamp()
   returning ${COLUMNS}`,
)

const toOverride = (row: OverrideRow): KeptOverride => ({
  id: row.id,
  pool: row.pool,
  kind: row.kind,
  count: row.count,
  actor: row.actor,
  reason: row.reason,
  createdAt: row.created_at.getTime(),
  expiresAt: row.expires_at.getTime(),
  pending: row.pending,
  confirmedBy: row.confirmed_by,
  releasedAt: row.released_at?.getTime() ?? null,
  releasedBy: row.released_by,
})

/** Overrides in PostgreSQL. They are the installation's, no tenant's: `db` is the system's own. */
export const createOverrideStore = (db: Queryable): OverrideStore => {
  const ask = async (question: Statement, values: readonly unknown[]): Promise<readonly KeptOverride[]> =>
    (await db.query<OverrideRow>(question, values)).rows.map(toOverride)
  return {
    async add({ pool, kind, count, actor, reason, durationMs, needsSecond }) {
      const [added] = await ask(ADD, [pool, kind, count, actor, reason, durationMs, needsSecond])
      return added as KeptOverride
    },
    async confirm(id, actor) {
      if (!ID.test(id)) return { kind: 'not-pending' }
      const [override] = await ask(CONFIRM, [id, actor])
      if (override) return { kind: 'confirmed', override }
      const { rowCount } = await db.query(IS_PENDING, [id])
      return { kind: rowCount === 0 ? 'not-pending' : 'same-person' }
    },
    release: (pool, actor) => ask(RELEASE, [pool, actor]),
    active: () => ask(ACTIVE, []),
    list: ({ pool = null, limit }) => ask(LIST, [pool, limit]),
    takeExpired: () => ask(TAKE_EXPIRED, []),
  }
}
