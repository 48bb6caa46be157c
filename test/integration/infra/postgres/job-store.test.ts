import { afterAll, beforeAll } from 'vitest'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createLogger } from '../../../../infra/runtime/logger.ts'
import { describeJobStore } from '../../../contract/job-store.ts'

const url = process.env.DATABASE_URL as string
let db: Database
let hasty: Database

beforeAll(async () => {
  await migrate(url, createLogger('test', 'silent'))
  db = openPool({ url })
  hasty = openPool({ url, durable: false })
})
afterAll(() => Promise.all([db.end(), hasty.end()]))

describeJobStore('PostgreSQL', async () => createJobStore(db))
describeJobStore('PostgreSQL, claiming without waiting for the disk', async () => createJobStore(db, hasty))
