import { afterAll, beforeAll } from 'vitest'
import { createBootRecord } from '../../../../infra/postgres/boot-record.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeBootRecord } from '../../../contract/boot-record.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeBootRecord('PostgreSQL', async () => createBootRecord(db))
