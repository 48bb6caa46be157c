import { afterAll, beforeAll, expect, it } from 'vitest'
import { createErasureStore } from '../../../../infra/postgres/erasure-store.ts'
import { createHoldStore } from '../../../../infra/postgres/hold-store.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createRetentionStore } from '../../../../infra/postgres/retention-store.ts'
import { describeErasureStore } from '../../../contract/erasure-store.ts'
import { describeHoldStore } from '../../../contract/hold-store.ts'
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
  holds: createHoldStore(db),
})

describeRetentionStore('PostgreSQL', open)
describeErasureStore('PostgreSQL', open)
describeHoldStore('PostgreSQL', open)

it('gives a row that an older api inserts a day for its pictures and thirty for its result', async () => {
  const id = crypto.randomUUID()
  const insert = {
    name: 'old-insert',
    text: `insert into job (id, tenant, task, lane, input, deadline, fingerprint)
           values ($1, 'old', 'liveness', 'bulk', '{"pictures": [], "options": {}}', now(), 'f')`,
  }
  await db.query(insert, [id])
  const look = {
    name: 'old-look',
    text: `select keep, pictures_until - created_at = interval '24 hours' as pictures, due_at = pictures_until as due,
                  results_until - created_at = interval '30 days' as results from job where id = $1`,
  }
  expect((await db.query(look, [id])).rows).toEqual([{ keep: true, pictures: true, due: true, results: true }])
})
