import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createRolloutStore } from '../../../../infra/postgres/rollout-store.ts'
import { describeRolloutStore } from '../../../contract/rollout-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeRolloutStore('PostgreSQL', async () => createRolloutStore(db))
