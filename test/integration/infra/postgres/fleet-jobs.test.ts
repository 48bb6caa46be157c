import { afterAll, beforeAll } from 'vitest'
import { createFleetJobs } from '../../../../infra/postgres/fleet-jobs.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeFleetJobs } from '../../../contract/fleet-jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 2 })
})
afterAll(() => db.end())

describeFleetJobs('PostgreSQL', async () => ({ jobs: createJobStore(db, db), fleetJobs: createFleetJobs(db) }))
