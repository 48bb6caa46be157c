import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { createDecisionStore } from '../../../../infra/postgres/decision-store.ts'
import { createLeaderLease } from '../../../../infra/postgres/leader-lease.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { createPlanStore } from '../../../../infra/postgres/plan-store.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeDecisionStore } from '../../../contract/decision-store.ts'
import { describeLeaderLease } from '../../../contract/leader-lease.ts'
import { describePlanStore } from '../../../contract/plan-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url })
})
afterAll(() => db.end())

describeLeaderLease('PostgreSQL', async () => createLeaderLease(db))
describePlanStore('PostgreSQL', async () => createPlanStore(db))
describeDecisionStore('PostgreSQL', async () => {
  const name = randomUUID()
  return { name, lease: createLeaderLease(db), decisions: createDecisionStore(db, name) }
})
