import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { createNodeHourStore } from '../../../../infra/postgres/node-hour-store.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeNodeHourStore } from '../../../contract/node-hour-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeNodeHourStore('PostgreSQL', async () => createNodeHourStore(db))
