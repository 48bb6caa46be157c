import { afterAll, beforeAll, expect, it } from 'vitest'
import { OPERATOR, type WebhookEndpoint } from '../../../../infra/domain/webhook.ts'
import type { DueDelivery, WebhookOutbox } from '../../../../infra/ports/webhook-outbox.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createWebhookOutbox } from '../../../../infra/postgres/webhook-outbox.ts'
import { createWebhookStore } from '../../../../infra/postgres/webhook-store.ts'
import { describeWebhookCalls } from '../../../contract/webhook-calls.ts'
import { anOutcome, describeWebhookOutbox, FAILED } from '../../../contract/webhook-outbox.ts'
import { anEndpoint, describeWebhookStore } from '../../../contract/webhook-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url })
})
afterAll(() => db.end())

describeWebhookStore('PostgreSQL', async () => createWebhookStore(db))
const open = async () => ({ store: createWebhookStore(db), outbox: createWebhookOutbox(db) })
describeWebhookOutbox('PostgreSQL', open)
describeWebhookCalls('PostgreSQL', open)

it('tells operators of an endpoint that is disabled, and whose it is, and nobody when they gave no address', async () => {
  const store = createWebhookStore(db)
  const limits = { totalCount: 1000, perTargetCount: 100, perTenantCount: 100, leaseMs: 60_000 }
  const disableOne = async (outbox: WebhookOutbox) => {
    const made = anEndpoint()
    const { id } = (await store.create(made, 1)) as WebhookEndpoint
    await outbox.test(made.tenant, id)
    const [delivery] = (await outbox.due(limits)).filter(({ tenant }) => tenant === made.tenant) as [DueDelivery]
    await outbox.settle(anOutcome(delivery, { ...FAILED, verdict: 'give-up', gone: true }), 1e12)
    const notices = (await outbox.due(limits)).filter(({ aboutEndpoint }) => aboutEndpoint === id)
    return { id, made, notices }
  }
  const { id, made, notices } = await disableOne(createWebhookOutbox(db, 'https://ops.example/hook'))
  expect(notices).toMatchObject([
    { tenant: OPERATOR, url: 'https://ops.example/hook', aboutEndpoint: id, aboutTenant: made.tenant, secrets: [] },
  ])
  expect((await disableOne(createWebhookOutbox(db))).notices).toEqual([])
})
