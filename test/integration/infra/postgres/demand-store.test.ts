import { afterAll, beforeAll } from 'vitest'
import { createDemandStore } from '../../../../infra/postgres/demand-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeDemandStore } from '../../../contract/demand-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(async () => {
  // Others tell of days long past in the same database.
  await db.query({ name: 'reopen', text: `update demand_closed set until = '-infinity'` }, [])
  await db.end()
})

describeDemandStore('PostgreSQL', async () => createDemandStore(db))
