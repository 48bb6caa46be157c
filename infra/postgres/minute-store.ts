import { BOUNDED_COUNT, type Sum } from '../domain/duration-sum.ts'
import type { PoolMinute, Series } from '../domain/pool-minute.ts'
import type { MinuteStore } from '../ports/minute-store.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `minutes.${name}`, text })

const instant = (value: string): string => `to_timestamp(${value}::float8 / 1000)`
const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
const binOf = (stepMs: string, column: string): string =>
  `date_bin(${stepMs}::float8 * interval '1 millisecond', ${column}, 'epoch'::timestamptz)`

const BUCKETS = Array.from({ length: BOUNDED_COUNT }, (_, bucket) => `b${bucket}`)
const each = (sql: (bucket: string, index: number) => string): string => BUCKETS.map(sql).join(', ')

const COLUMNS = `at, pool, series, shard, count, total, most, ${each((bucket) => bucket)}`
const ADD = `on conflict (at, pool, series, shard) do update set
          count = pool_minute.count + excluded.count, total = pool_minute.total + excluded.total,
          most = greatest(pool_minute.most, excluded.most),
          ${each((b) => `${b} = pool_minute.${b} + excluded.${b}`)}`

/**
 * Processes that tell at the same time wait for each other's rows: so each of these writes rows of its own. Four are enough for
 * thousands of processes, and few enough to be read at once.
 */
const SHARD_COUNT = 4
/** A clock is put right by whole minutes. */
const MINUTE_MS = 60_000

/**
 * $1: source, $2: number, $3: its clock, $4: JSON array of parts. Only a report that was not counted yet counts. Rows are written
 * in one order, so that two processes do not wait for each other in a circle.
 */
const TELL = statement(
  'tell',
  `with fresh as (
     insert into minute_source (source, number) values ($1, $2)
         on conflict (source) do update set number = excluded.number, told_at = now()
      where minute_source.number < excluded.number
     returning round((${epochMs('clock_timestamp()')} - $3::float8) / ${MINUTE_MS}) * ${MINUTE_MS} as late_ms,
               abs(hashtext(source)::bigint) % ${SHARD_COUNT} + 1 as shard
   )
   insert into pool_minute (${COLUMNS})
   select ${instant('(p.at + fresh.late_ms)')}, p.pool, p.series, fresh.shard, p.count, p.total, p.most,
          ${each((_, index) => `p.buckets[${index + 1}]`)}
     from fresh, jsonb_to_recordset($4::jsonb)
       as p(at float8, pool text, series text, count bigint, total float8, most float8, buckets integer[])
    order by p.at, p.pool, p.series
       ${ADD}`,
)

/** $1: pool, $2: from, $3: until, $4: ms of a step, $5: also what is of each task? */
const MINUTES = statement(
  'minutes',
  `select ${epochMs('step')} as at, series, sum(count)::float8 as count, sum(total) as total, max(most) as most,
          case when count(b0) > 0 then array[${each((b) => `coalesce(sum(${b}), 0)`)}]::float8[] end as buckets
     from (select ${binOf('$4', 'at')} as step, pool_minute.* from pool_minute
            where pool = $1 and at >= ${instant('$2')} and at < ${instant('$3')} and ($5 or series not like 'task/%')) as one
    group by step, series order by step, series`,
)

/**
 * $1: before, $2: ms of a step, $3: at most so many rows. What is told meanwhile stays where it is until the next time.
 * @param open what is not one row of a step yet
 */
const rollUp = (name: string, open: string): Statement =>
  statement(
    name,
    `with picked as (
     select at, pool, series, shard from pool_minute where at < ${instant('$1')} and ${open} order by at limit $3
   ), gone as (
     delete from pool_minute using picked
      where pool_minute.at = picked.at and pool_minute.pool = picked.pool and pool_minute.series = picked.series
        and pool_minute.shard = picked.shard
     returning pool_minute.*
   ), kept as (
     insert into pool_minute (${COLUMNS})
     select ${binOf('$2', 'at')}, pool, series, 0, sum(count), sum(total), max(most), ${each((b) => `sum(${b})`)}
       from gone group by 1, pool, series order by 1, pool, series
         ${ADD}
   )
   select count(*)::integer as count from gone`,
  )

/** Of whole minutes only shards are left: they have an index, so nobody looks for them among all that is one row already. */
const ROLL_UP_MINUTES = rollUp('roll-up-minutes', 'shard > 0')
const ROLL_UP = rollUp('roll-up', `(shard > 0 or at <> ${binOf('$2', 'at')})`)

/** A process that has told nothing for a day is gone. */
const FORGET = statement(
  'forget',
  `with sources as (delete from minute_source where told_at < now() - interval '1 day')
   delete from pool_minute where at < ${instant('$1')}`,
)

interface MinuteRow extends Omit<Sum, 'buckets'> {
  readonly at: number
  readonly series: Series
  readonly buckets: readonly number[] | null
}

const toMinutes = (rows: readonly MinuteRow[]): readonly PoolMinute[] => {
  const minutes = new Map<number, Partial<Record<Series, Sum>>>()
  for (const { at, series, count, total, most, buckets } of rows) {
    const sums = minutes.get(at) ?? {}
    sums[series] = { count, total, most, buckets: buckets ?? undefined }
    minutes.set(at, sums)
  }
  return [...minutes].map(([at, sums]) => ({ at, sums }))
}

/** Minutes in PostgreSQL: a row for each minute, pool and series, and of the last hour for each shard. */
export const createMinuteStore = (db: Queryable): MinuteStore => ({
  async tell({ source, number, now, parts }) {
    await db.query(TELL, [source, number, now, JSON.stringify(parts)])
  },
  async minutes(pool, from, until, stepMs, detail) {
    return toMinutes((await db.query<MinuteRow>(MINUTES, [pool, from, until, stepMs, detail === 'tasks'])).rows)
  },
  async rollUp(before, stepMs, limit) {
    const statement = stepMs === MINUTE_MS ? ROLL_UP_MINUTES : ROLL_UP
    return (await db.query<{ count: number }>(statement, [before, stepMs, limit])).rows[0]?.count ?? 0
  },
  async forget(before) {
    return (await db.query(FORGET, [before])).rowCount ?? 0
  },
})
