import type { DayNeeded, DaySigns, JobDays } from '../ports/job-days.ts'
import { readDays, tableOf, WHOLE } from './job-tables.ts'
import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `job-days.${name}`, text })

/** Of a cut that was begun and not carried through; there is no such function where it never was. */
const HAS_TAKE_BACK = statement('has-take-back', `select to_regprocedure('take_back_job_cut()') is not null as there`)
const TAKE_BACK = statement('take-back', 'select take_back_job_cut()')

const MAKE = statement('make', 'select make_job_days($1) as name')

/**
 * The instant $1 ms ago. Ids begin with the time since 1970: what is to be kept for longer than that is kept for ever, and
 * must not come out as an instant behind all others.
 */
const AGO = `to_timestamp(greatest(0, extract(epoch from now())::float8 - $1::float8 / 1000))`

/** $1: ms, $2: at most so many. Replicas take disjoint sets. */
const FORGET_KEYS = statement(
  'forget-keys',
  `delete from job_key k using (
     select tenant, idempotency_key from job_key where job_id < job_id_at(${AGO})
      order by job_id limit $2 for update skip locked) old
    where k.tenant = old.tenant and k.idempotency_key = old.idempotency_key`,
)

/** $1: ms. The oldest first. */
const OVER = statement('over', `select name from job_days() where end_id <= job_id_at(${AGO}) order by end_id`)
const DETACH = statement('detach', 'select detach_job_day($1) as why')
const DROP = statement('drop', 'select drop_job_days() as name')

/** Jobs that belong to no day go one by one: there are few. $1: ms. */
const FORGET_STRAYS = statement(
  'forget-strays',
  `delete from job_default
    where id in (select id from job_default
                  where due_at is null and erased_at is not null and finished_at < ${AGO}
                    and not exists (select from job_key k where k.job_id = job_default.id)
                  limit 1000)`,
)

const STRAY_LIMIT = 10_000
/** As far as make_job_days goes. */
const AHEAD_LIMIT = 60
const SIGNS = statement(
  'signs',
  `select array(select job_id_at(job_day(n))::text from generate_series(1, ${AHEAD_LIMIT}) n order by n) as "mornings",
          (select count(*)::integer from (select from job_default limit ${STRAY_LIMIT}) s) as "strayCount",
          current_setting('max_locks_per_transaction')::integer
            * (current_setting('max_connections')::integer + current_setting('max_prepared_transactions')::integer) as "lockCount"`,
)

/** `lock_not_available`: whoever works with the jobs comes first. @source PostgreSQL, appendix A */
const LOCK_TIMEOUT = '55P03'
const isBusy = (error: unknown): boolean => (error as { code?: unknown }).code === LOCK_TIMEOUT

const orBusy = async <T, B>(work: () => Promise<T>, busy: B): Promise<T | B> => {
  try {
    return await work()
  } catch (error) {
    if (isBusy(error)) return busy
    throw error
  }
}

const isCut = async (db: Pick<Database, 'query'>): Promise<boolean> => (await readDays(db)).length > 0

/** Days of jobs in PostgreSQL. */
export const createJobDays = (db: Pick<Database, 'query'>): JobDays => ({
  async make(aheadCount) {
    if (await isCut(db)) return orBusy(async () => namesOf(await db.query<Named>(MAKE, [aheadCount])), [])
    const { rows } = await db.query<{ there: boolean }>(HAS_TAKE_BACK, [])
    if (rows[0]?.there) await orBusy(() => db.query(TAKE_BACK, []), undefined)
    return []
  },
  async forgetKeys(olderThanMs, limit) {
    // Before the cut the rows themselves keep a key from being used twice.
    if (!(await isCut(db))) return 0
    return (await db.query(FORGET_KEYS, [olderThanMs, limit])).rowCount ?? 0
  },
  async drop(olderThanMs) {
    const kept: { name: string; why: DayNeeded }[] = []
    if (!(await isCut(db))) return { dropped: [], kept }
    await db.query(FORGET_STRAYS, [olderThanMs])
    for (const name of namesOf(await db.query<Named>(OVER, [olderThanMs]))) {
      const why = await orBusy(async () => (await db.query<{ why: Why }>(DETACH, [name])).rows[0]?.why, 'busy' as const)
      // Another replica was quicker.
      if (why && why !== 'missing') kept.push({ name, why })
    }
    // Also what an earlier round took out and had no time to drop.
    const dropped = await orBusy(async () => namesOf(await db.query<Named>(DROP, [])), [])
    return { dropped: dropped.map((name) => name.replace(/_over$/, '')), kept }
  },
  async signs() {
    const days = await readDays(db)
    const { rows } = days.length === 0 ? { rows: [] } : await db.query<Signs>(SIGNS, [])
    if (!rows[0]) return undefined
    const { mornings, ...signs } = rows[0]
    const gap = mornings.findIndex((id) => tableOf(days, id) === WHOLE)
    // With the one for all other ids.
    return { ...signs, count: days.length + 1, aheadCount: gap === -1 ? mornings.length : gap }
  },
})

type Why = DayNeeded | 'missing' | null
type Signs = Omit<DaySigns, 'count' | 'aheadCount'> & { readonly mornings: readonly string[] }
type Named = { readonly name: string }
const namesOf = ({ rows }: { readonly rows: readonly Named[] }): readonly string[] => rows.map(({ name }) => name)
