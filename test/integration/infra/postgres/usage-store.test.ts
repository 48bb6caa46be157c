import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createUsageStore } from '../../../../infra/postgres/usage-store.ts'
import { describeUsageStore } from '../../../contract/usage-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeUsageStore('PostgreSQL', async () => createUsageStore(db))
