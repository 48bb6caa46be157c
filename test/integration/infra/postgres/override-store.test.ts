import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { createOverrideStore } from '../../../../infra/postgres/override-store.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeOverrideStore } from '../../../contract/override-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeOverrideStore('PostgreSQL', async () => createOverrideStore(db))
