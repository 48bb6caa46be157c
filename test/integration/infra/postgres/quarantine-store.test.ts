import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createQuarantineStore } from '../../../../infra/postgres/quarantine-store.ts'
import { describeQuarantineStore } from '../../../contract/quarantine-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeQuarantineStore('PostgreSQL', async () => createQuarantineStore(db))
