import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createTenantStore } from '../../../../infra/postgres/tenant-store.ts'
import { describeTenantStore } from '../../../contract/tenant-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 2 })
})
afterAll(() => db.end())

describeTenantStore('PostgreSQL', async () => createTenantStore(db))
