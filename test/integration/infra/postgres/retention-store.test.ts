import { afterAll, beforeAll } from 'vitest'
import { createErasureStore } from '../../../../infra/postgres/erasure-store.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createRetentionStore } from '../../../../infra/postgres/retention-store.ts'
import { describeErasureStore } from '../../../contract/erasure-store.ts'
import { describeRetentionStore } from '../../../contract/retention-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url })
})
afterAll(() => db.end())

const open = async () => ({
  jobs: createJobStore(db),
  retention: createRetentionStore(db),
  erasures: createErasureStore(db),
})

describeRetentionStore('PostgreSQL', open)
describeErasureStore('PostgreSQL', open)
