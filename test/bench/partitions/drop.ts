import { createJobDays } from '../../../infra/postgres/job-days-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { createLogger } from '../../../infra/runtime/logger.ts'
import { addDays, type FilledDatabase, fill, newDatabase } from './databases.ts'

/** What it takes to be rid of a day. */
export interface DropCost {
  /** jobs the day had (count) */
  readonly jobs: number
  /** until its files are gone */
  readonly dropMs: number
  /** bytes of write-ahead log */
  readonly dropWalBytes: number
  /** the same jobs deleted as rows from one table; a vacuum comes on top */
  readonly deleteMs: number
  readonly deleteWalBytes: number
}

const walAt = async ({ sql }: FilledDatabase): Promise<number> =>
  Number((await sql<{ at: string }>(`select pg_current_wal_insert_lsn() - '0/0' as at`))[0]?.at)

const timed = async (database: FilledDatabase, work: () => Promise<unknown>) => {
  await database.sql('checkpoint')
  const [at, since] = [await walAt(database), performance.now()]
  await work()
  return { ms: performance.now() - since, walBytes: (await walAt(database)) - at }
}

/** Two databases with the same day of jobs: one drops the table, the other deletes the rows. */
export const measureDrop = async (admin: string, jobs: number): Promise<DropCost> => {
  const days = await newDatabase(admin, 'muster_bench_drop', 'days')
  await addDays(days, 1)
  await fill(days, 1, jobs)
  const db = openPool({ url: days.url, maxCount: 1 })
  const dropped = await timed(days, async () => {
    const { dropped: names, kept } = await createJobDays(db).drop(0)
    if (names.length !== 1) throw new Error(`a day was not dropped: ${JSON.stringify(kept)}`)
  })
  await db.end()
  const table = await newDatabase(admin, 'muster_bench_delete', 'table')
  await fill(table, 1, jobs)
  const deleted = await timed(table, () => table.sql('delete from job'))
  return {
    jobs,
    dropMs: dropped.ms,
    dropWalBytes: dropped.walBytes,
    deleteMs: deleted.ms,
    deleteWalBytes: deleted.walBytes,
  }
}

/** What it takes to cut a table that is in use. */
export interface CutCost {
  readonly jobs: number
  readonly wholeMs: number
  /** the longest that an insert waited meanwhile: somebody inserted all the time */
  readonly longestInsertMs: number
  /** the longest while nothing was going on, for comparison */
  readonly longestInsertBeforeMs: number
}

const INSERT = `
  insert into job (id, tenant, task, lane, input, deadline, fingerprint)
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7000'
            || substr(md5(random()::text), 1, 16))::uuid, 't', 'ocr', 'bulk', '{"pictures": []}', now(), 'f'`

/** Cut a table with so many jobs while another connection inserts into it without a pause. */
export const measureCut = async (admin: string, jobs: number): Promise<CutCost> => {
  const table = await newDatabase(admin, 'muster_bench_cut', 'table')
  await fill(table, 30, jobs)
  const db = openPool({ url: table.url, maxCount: 1, statementTimeoutMs: 60_000 })
  const insert = async (): Promise<number> => {
    const since = performance.now()
    await db.query({ name: 'bench.insert', text: INSERT }, [])
    return performance.now() - since
  }
  const longest = async (until: () => boolean): Promise<number> => {
    let longestMs = 0
    while (!until()) longestMs = Math.max(longestMs, await insert())
    return longestMs
  }
  const QUIET_MS = 3_000
  const quietUntil = performance.now() + QUIET_MS
  const longestInsertBeforeMs = await longest(() => performance.now() > quietUntil)
  let done = false
  const inserting = longest(() => done)
  const since = performance.now()
  await migrate(table.url, createLogger('bench', 'silent'), { contract: 'now', watchMs: 0 })
  const wholeMs = performance.now() - since
  done = true
  const longestInsertMs = await inserting
  await db.end()
  return { jobs, wholeMs, longestInsertMs, longestInsertBeforeMs }
}
