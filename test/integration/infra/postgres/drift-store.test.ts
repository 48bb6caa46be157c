import { afterAll, beforeAll } from 'vitest'
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

describeDriftStore('PostgreSQL', async () => createDriftStore(db))
