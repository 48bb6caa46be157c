import { afterAll, beforeAll } from 'vitest'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { createOpenWork } from '../../../../infra/postgres/open-work.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeOpenWork } from '../../../contract/open-work.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeOpenWork('PostgreSQL', async () => ({ jobs: createJobStore(db, db), work: createOpenWork(db) }))
