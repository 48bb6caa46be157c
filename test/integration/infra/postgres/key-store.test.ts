import { afterAll, beforeAll } from 'vitest'
import { createKeyStore } from '../../../../infra/postgres/key-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeKeyStore } from '../../../contract/key-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 2 })
})
afterAll(() => db.end())

describeKeyStore('PostgreSQL', async () => createKeyStore(db))
