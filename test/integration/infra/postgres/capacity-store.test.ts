import { afterAll, beforeAll } from 'vitest'
import { createCapacityStore } from '../../../../infra/postgres/capacity-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeCapacityStore } from '../../../contract/capacity-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeCapacityStore('PostgreSQL', async () => createCapacityStore(db))
