import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createReplayRecord } from '../../../../infra/postgres/replay-record.ts'
import { describeReplayRecord } from '../../../contract/replay-record.ts'
import { aPool } from '../../../fixtures/overrides.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeReplayRecord('PostgreSQL', async () => createReplayRecord(db))

it('forgets what is older than any signature can be good for', async () => {
  const [old, other] = [aPool(), aPool()]
  const age = {
    name: 'test.age',
    text: `update slack_replay set seen_at = now() - interval '16 minutes' where key = any($1)`,
  }
  const record = createReplayRecord(db)
  for (const key of [old, other]) await record.isNew(key)
  await db.query(age, [[old, other]])
  expect(await record.isNew(old)).toBe(true)
  const { rowCount } = await db.query({ name: 'test.count', text: 'select 1 from slack_replay where key = $1' }, [
    other,
  ])
  expect(rowCount).toBe(0)
})
