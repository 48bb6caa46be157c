import { afterAll, beforeAll } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createWebhookOutbox } from '../../../../infra/postgres/webhook-outbox.ts'
import { createWebhookStore } from '../../../../infra/postgres/webhook-store.ts'
import { describeWebhookOutbox } from '../../../contract/webhook-outbox.ts'
import { describeWebhookStore } from '../../../contract/webhook-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url })
})
afterAll(() => db.end())

describeWebhookStore('PostgreSQL', async () => createWebhookStore(db))
describeWebhookOutbox('PostgreSQL', async () => ({ store: createWebhookStore(db), outbox: createWebhookOutbox(db) }))
