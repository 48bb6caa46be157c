import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDriftStore } from '../../../../infra/postgres/drift-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeDriftStore } from '../../../contract/drift-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

it('adds up a quarter of a year as it does an hour, however few hours one statement takes', async () => {
  const HOUR_MS = 3_600_000
  const [first, count] = [Date.UTC(2020, 0, 6), 312]
  const hours = Array.from({ length: count }, (_, index) => first + index * HOUR_MS)
  const model = `quarter@${crypto.randomUUID()}`
  for (const [tenant, sdk] of [
    ['a', ''],
    ['', 'js 1.2'],
  ])
    await db.query(
      {
        name: 'test.quarter',
        text: `insert into drift_hour (hour, task, model, tenant, sdk, counts)
       select hour, 'ocr', $2, $3, $4, '{"mrz/valid": 5, "mrz/none": 1}' from unnest($1::timestamptz[]) as hour`,
      },
      [hours.map((hour) => new Date(hour).toISOString()), model, tenant, sdk],
    )
  const sums = await createDriftStore(db).sums('ocr', [...hours, ...hours])
  const counts = { 'mrz/valid': 5 * count, 'mrz/none': count }
  expect(sums.filter((share) => share.model === model)).toEqual([
    { task: 'ocr', model, by: 'sdk', value: 'js 1.2', counts },
    { task: 'ocr', model, by: 'tenant', value: 'a', counts },
  ])
})

describeDriftStore('PostgreSQL', async () => createDriftStore(db))
