import type { LeaderLease } from '../ports/leader-lease.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `leader-lease.${name}`, text })

/**
 * $1: name, $2: holder, $3: ms. Tests and writes in one statement, so that two cannot both win. The clock is read when the
 * row is there to be changed, not when the statement began to wait for it.
 */
const HOLD = statement(
  'hold',
  `insert into leader_lease as held (name, holder, term, until)
   values ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
       on conflict (name) do update
          set term = held.term + (held.holder <> excluded.holder)::integer,
              holder = excluded.holder,
              until = clock_timestamp() + $3 * interval '1 millisecond'
        where held.holder = excluded.holder or held.until <= clock_timestamp()
   returning term`,
)
/** The holder stays in the row: when it comes back and nobody else led, its term goes on. */
const RELEASE = statement('release', `update leader_lease set until = '-infinity' where name = $1 and holder = $2`)
const LOOK = statement(
  'look',
  `select holder, greatest(0, extract(epoch from until - clock_timestamp()) * 1000)::float8 as remaining
     from leader_lease where name = $1 and until > clock_timestamp()`,
)

/** The lease in PostgreSQL. */
export const createLeaderLease = (db: Queryable): LeaderLease => ({
  async hold(name, holder, ttlMs) {
    const { rows } = await db.query<{ term: string }>(HOLD, [name, holder, ttlMs])
    if (rows[0]) return { kind: 'leading', term: Number(rows[0].term) }
    const seen = (await db.query<{ holder: string; remaining: number }>(LOOK, [name])).rows[0]
    // It may have run out between the two statements: the next call takes it.
    return { kind: 'following', holder: seen?.holder ?? '', remainingMs: seen?.remaining ?? 0 }
  },
  async release(name, holder) {
    await db.query(RELEASE, [name, holder])
  },
})
