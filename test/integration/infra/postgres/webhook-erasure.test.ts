import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ErasureScope } from '../../../../infra/ports/erasure-store.ts'
import type { NewJob } from '../../../../infra/ports/job-store.ts'
import type { DueDelivery } from '../../../../infra/ports/webhook-outbox.ts'
import { createErasureStore } from '../../../../infra/postgres/erasure-store.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createWebhookOutbox } from '../../../../infra/postgres/webhook-outbox.ts'
import { createWebhookStore } from '../../../../infra/postgres/webhook-store.ts'
import { anOutcome as aCallOutcome, FAILED, LIMITS } from '../../../contract/webhook-outbox.ts'
import { anEndpoint } from '../../../contract/webhook-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url })
})
afterAll(() => db.end())

const ADDRESS = 'https://once.example/?person=4711'
const NEVER_MS = 1e12

/** A tenant with an endpoint, whose checks also bring an address of their own; one call of each has failed. */
const start = async (overrides: Partial<NewJob> = {}) => {
  const [jobs, outbox, erasures] = [createJobStore(db), createWebhookOutbox(db), createErasureStore(db)]
  const made = anEndpoint()
  const { tenant } = made
  await createWebhookStore(db).create(made, 1)
  await createWebhookStore(db).tenantSecret(tenant, 'secret')
  const { job } = await jobs.insert(aNewJob({ tenant, webhookUrl: ADDRESS, ...overrides }))
  await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(job.id)))))
  const due = async () => (await outbox.due(LIMITS)).filter((one: DueDelivery) => one.tenant === tenant)
  const called = await due()
  const failed = { ...FAILED, retryMs: 0, body: 'an answer about a person' }
  await Promise.all(called.map((delivery) => outbox.settle(aCallOutcome(delivery, failed), NEVER_MS)))
  const erase = async (scope: ErasureScope) =>
    erasures.forget((await erasures.open(randomUUID(), tenant, scope)).id, 10, 60_000)
  /** everything that tables of webhooks and jobs hold of this tenant, as text */
  const held = async (): Promise<string> => {
    const text = `select jsonb_agg(to_jsonb(t))::text as text from (
      select to_jsonb(d) from webhook_delivery d where tenant = $1 union all
      select to_jsonb(a) from webhook_attempt a where tenant = $1 union all
      select to_jsonb(j) from job j where tenant = $1) t`
    return (await db.query<{ text: string }>({ name: 'test held', text }, [tenant])).rows[0]?.text ?? ''
  }
  return { jobs, outbox, tenant, job, due, called, erase, held }
}

const SUBJECT = 'a'.repeat(64)

it.each([
  ['its job is', ({ id }: { id: string }): ErasureScope => ({ jobId: id })],
  ['the person is', (): ErasureScope => ({ subjectSha256: SUBJECT })],
])(
  'what is still to be sent, the address it goes to and the log of it are gone at once when %s erased',
  async (_what, scope) => {
    const { tenant, outbox, job, called, due, erase, held } = await start({ subjectSha256: SUBJECT })
    expect(called).toHaveLength(2)
    expect(await held()).toMatch(/4711.*|an answer about a person/)
    expect(await erase(scope(job))).toMatchObject([{ id: job.id }])
    expect(await outbox.deliveries(tenant, { limit: 10 })).toEqual([])
    expect(await due()).toEqual([])
    const left = await held()
    for (const word of ['4711', 'once.example', 'about a person', 'STATUS_REFUSED']) expect(left).not.toContain(word)
    expect(left).toContain(job.id)
  },
)

it('a call that was under way when its job was erased leaves nothing behind', async () => {
  const { outbox, job, due, erase, held, tenant } = await start()
  const underWay = await due()
  expect(underWay).toHaveLength(2)
  await erase({ jobId: job.id })
  await Promise.all(underWay.map((delivery) => outbox.settle(aCallOutcome(delivery, { body: 'late' }), NEVER_MS)))
  expect(await outbox.deliveries(tenant, { limit: 10 })).toEqual([])
  expect(await held()).not.toMatch(/late|once\.example/)
})

it('leaves what other jobs of the tenant have to tell', async () => {
  const { jobs, outbox, tenant, job, erase } = await start()
  const other = await jobs.insert(aNewJob({ tenant, webhookUrl: ADDRESS }))
  await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(other.job.id)))))
  await erase({ jobId: job.id })
  const left = await outbox.deliveries(tenant, { limit: 10 })
  expect(left.map(({ jobId }) => jobId)).toEqual([other.job.id, other.job.id])
})
