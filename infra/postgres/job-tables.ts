import type { Database } from './pool.ts'
import type { Queryable, Statement } from './statement.ts'

/** A range of ids that is a table of its own: from the first on, up to the end. */
export interface JobDay {
  readonly name: string
  /** undefined = from the very first */
  readonly firstId: string | undefined
  readonly endId: string
}

/** The jobs as a whole: what is said to it reaches every partition, and costs as much. */
export const WHOLE = 'job'

/** As the database writes them: of that form the order of the texts is that of the ids. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Which table has the job of this id; the whole where that is not certain. Pure. */
export const tableOf = (days: readonly JobDay[], id: string): string =>
  (ID.test(id) ? days.find(({ firstId = '', endId }) => firstId <= id && id < endId)?.name : undefined) ?? WHOLE

/** Items by the table that has them, so that each gets a statement of its own. */
export const byTable = <T extends { readonly id: string }>(
  days: readonly JobDay[],
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> => {
  const tables = new Map<string, T[]>()
  for (const item of items) {
    const table = tableOf(days, item.id)
    const found = tables.get(table)
    if (found) found.push(item)
    else tables.set(table, [item])
  }
  return tables
}

/**
 * The same statement for one table: `{job}` stands for the table as `job`, `{job seen}` for it as `seen`. Planned once a
 * connection like any other; planning for all partitions, or for the right one at every call, costs more than the statement.
 */
export const onTable = ({ name, text }: Statement, table: string): Statement => ({
  name: table === WHOLE ? name : `${name} ${table}`,
  text: text.replaceAll(/\{job(?: (\w+))?\}/g, (_, alias: string = WHOLE) =>
    alias === table ? table : `${table} as ${alias}`,
  ),
})

/** In use for a day are a dozen statements; a process that runs for long meets many days. */
const MEMO_COUNT = 200

/** onTable, remembered. */
export const createOnTable = (): typeof onTable => {
  const memo = new Map<string, Statement>()
  return (statement, table) => {
    const key = `${statement.name} ${table}`
    const found = memo.get(key)
    if (found) return found
    if (memo.size >= MEMO_COUNT) memo.clear()
    const made = onTable(statement, table)
    memo.set(key, made)
    return made
  }
}

/**
 * None where the jobs are one table: before they were cut, and where there is no such function. No day is ever given to
 * another table: a list that is old is right about what it has, as long as the table is there.
 */
const IS_CUT: Statement = {
  name: 'job-tables.is-cut',
  text: `select relkind = 'p' as cut from pg_class where oid = to_regclass('job')`,
}
const DAYS: Statement = {
  name: 'job-tables.days',
  text: `select name, first_id as "firstId", end_id as "endId" from job_days() order by end_id desc`,
}

/** The days as the database has them, newest first; none = the jobs are one table. @throws UnavailableError */
export const readDays = async (db: Queryable): Promise<readonly JobDay[]> => {
  const { rows } = await db.query<{ cut: boolean }>(IS_CUT, [])
  if (!rows[0]?.cut) return []
  const found = await db.query<{ name: string; firstId: string | null; endId: string }>(DAYS, [])
  return found.rows.map(({ firstId, ...day }) => ({ ...day, firstId: firstId ?? undefined }))
}

/** Days come a week ahead, so that an old list does no harm; a table that was cut is soon spoken to by its parts. */
const FRESH_MS = 30_000
/** `undefined_table`: the day was dropped. @source PostgreSQL, appendix A */
const NO_TABLE = '42P01'

/** Speaks to the part of the jobs that has a job. */
export interface JobTables {
  /** Run for the part that has the job of this id. */
  at<T>(id: string, run: (table: string) => Promise<T>): Promise<T>
  /** Run once for every part that has some of these; what was answered, part by part. */
  each<I extends { readonly id: string }, T>(
    items: readonly I[],
    run: (table: string, items: readonly I[]) => Promise<T>,
  ): Promise<readonly T[]>
}

/** @param now monotonic ms */
export const createJobTables = (db: Pick<Database, 'query'>, now = () => performance.now()): JobTables => {
  let days: readonly JobDay[] = []
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  const read = (): Promise<void> => {
    reading ??= readDays(db)
      .then((found) => {
        days = found
        readAt = now()
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  /** Nobody waits for a newer list; for the first one everybody does. */
  const present = async (): Promise<readonly JobDay[]> => {
    if (readAt === Number.NEGATIVE_INFINITY) await read()
    else if (now() - readAt > FRESH_MS) void read().catch(() => {})
    return days
  }
  /** A day that was dropped meanwhile has no jobs any more; the whole knows that. */
  const orWhole = async <T>(table: string, run: (table: string) => Promise<T>): Promise<T> => {
    try {
      return await run(table)
    } catch (error) {
      if (table === WHOLE || (error as { code?: unknown }).code !== NO_TABLE) throw error
      void read().catch(() => {})
      return run(WHOLE)
    }
  }
  return {
    at: async (id, run) => orWhole(tableOf(await present(), id), run),
    each: async (items, run) =>
      Promise.all(
        [...byTable(await present(), items)].map(([table, some]) => orWhole(table, (name) => run(name, some))),
      ),
  }
}
