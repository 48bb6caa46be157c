import { afterAll, beforeAll, expect, it } from 'vitest'
import { BOUNDED_COUNT } from '../../../../infra/domain/duration-sum.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { createMinuteStore } from '../../../../infra/postgres/minute-store.ts'
import { openPool } from '../../../../infra/postgres/pool.ts'
import type { Queryable, Statement } from '../../../../infra/postgres/statement.ts'
import { type OwnDatabase, ownDatabase } from '../../../fixtures/own-database.ts'
import { silence } from '../../../fixtures/silence.ts'

const MINUTE_MS = 60_000
const NOON = Date.UTC(2026, 10, 21, 12)
const POOLS = 50
const MINUTES = 120
const SERIES = 10

/** Two hours of many pools; the last three minutes are in shards. */
const FILL = `
  insert into pool_minute
  select to_timestamp($1::float8 / 1000) + minute * interval '1 minute', 'pool-' || pool, 'series-' || series,
         case when minute < ${MINUTES - 3} then 0 else 1 end, 1, 1, 1, ${Array(BOUNDED_COUNT).fill(1).join(', ')}
    from generate_series(0, ${MINUTES - 1}) as minute, generate_series(1, ${POOLS}) as pool,
         generate_series(1, ${SERIES}) as series
   order by 1, 2, 3`

interface Plan {
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
}
interface Explained {
  readonly 'QUERY PLAN': readonly [{ readonly Plan: Plan }]
}

let own: OwnDatabase
beforeAll(async () => {
  own = await ownDatabase('minute_plans')
  await migrate(own.url, silence().log)
  await own.sql(FILL, [NOON])
  await own.sql('vacuum analyze pool_minute')
})
afterAll(() => own.drop())

/** Pages that are read for what is asked of a store. The first time reads more: it learns where tables are. */
const pagesOf = async (ask: (store: ReturnType<typeof createMinuteStore>) => Promise<unknown>): Promise<number> => {
  let plan: Plan | undefined
  const explaining = {
    query: async ({ text }: Statement, values: readonly unknown[]) => {
      const explain = () => own.sql<Explained>(`explain (analyze, buffers, format json) ${text}`, values)
      await explain()
      plan = (await explain())[0]?.['QUERY PLAN'][0].Plan
      return { rows: [], rowCount: 0 }
    },
  } as unknown as Queryable
  await ask(createMinuteStore(explaining))
  return plan ? plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] : Number.NaN
}

/** Of a table or an index. */
const pages = async (relation: string): Promise<number> => {
  const [row] = await own.sql<{ pages: number }>('select relpages as pages from pg_class where relname = $1', [
    relation,
  ])
  return row?.pages ?? 0
}

it('reads one pool and not the others, however many there are', async () => {
  const read = await pagesOf((store) => store.minutes('pool-7', NOON, NOON + MINUTES * MINUTE_MS, MINUTE_MS))
  // A page or two for each of its minutes, and what leads there.
  expect(read).toBeLessThanOrEqual(2 * MINUTES + 20)
  expect(read).toBeLessThan((await pages('pool_minute_pkey')) / 2)
})

it('looks for what is not one row a minute yet only among what is not', async () => {
  const read = await pagesOf((store) => store.rollUp(NOON + (MINUTES - 4) * MINUTE_MS, MINUTE_MS, 5_000))
  expect(read).toBeLessThan(10)
})

it('changes no index when a process tells again', async () => {
  const database = openPool({ url: own.url, maxCount: 1 })
  const store = createMinuteStore(database)
  const report = { source: 'one', now: Date.now(), parts: [] }
  for (let number = 1; number <= 20; number += 1) await store.tell({ ...report, number })
  // A connection says what it did when it ends.
  await database.end()
  const [found] = await own.sql(
    `select count(*)::integer as indexes from pg_index
      where indrelid = any ('{minute_source,usage_source,drift_source}'::regclass[]) and not indisprimary`,
  )
  expect(found).toEqual({ indexes: 0 })
  const updates = () =>
    own.sql(`select n_tup_upd::integer as told, n_tup_hot_upd::integer as without_index
               from pg_stat_user_tables where relname = 'minute_source'`)
  await expect.poll(updates).toEqual([{ told: 19, without_index: 19 }])
})
