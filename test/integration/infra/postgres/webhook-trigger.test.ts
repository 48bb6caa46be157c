import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WebhookEndpoint } from '../../../../infra/domain/webhook.ts'
import type { NewJob } from '../../../../infra/ports/job-store.ts'
import { createErasureStore } from '../../../../infra/postgres/erasure-store.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createRetentionStore } from '../../../../infra/postgres/retention-store.ts'
import { createWebhookOutbox } from '../../../../infra/postgres/webhook-outbox.ts'
import { createWebhookStore } from '../../../../infra/postgres/webhook-store.ts'
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

const ALL = ['check.succeeded', 'check.failed', 'check.canceled', 'check.expired'] as const

const start = async (overrides: Parameters<typeof anEndpoint>[0] = {}) => {
  const [jobs, store, outbox] = [createJobStore(db), createWebhookStore(db), createWebhookOutbox(db)]
  const tenant = `tenant-${randomUUID().slice(0, 8)}`
  const make = async (more: Parameters<typeof anEndpoint>[0] = {}) =>
    (await store.create(anEndpoint({ tenant, events: ALL, ...more }), 100)) as WebhookEndpoint
  const endpoint = await make(overrides)
  const insert = async (more: Partial<NewJob> = {}) => (await jobs.insert(aNewJob({ tenant, ...more }))).job
  const run = async (more: Partial<NewJob> = {}) => claimed(await jobs.claim(aClaim((await insert(more)).id)))
  const log = () => outbox.deliveries(tenant, { limit: 100 })
  return { jobs, store, outbox, tenant, endpoint, make, insert, run, log }
}

describe('a job that ends makes one delivery for each endpoint', () => {
  it.each(['succeeded', 'failed', 'expired'] as const)('when a worker says it %s', async (state) => {
    const { jobs, endpoint, run, make, log } = await start()
    const second = await make()
    const job = await run()
    await jobs.finish(anOutcome(job, { state }))
    const made = await log()
    expect(made.map(({ endpointId }) => endpointId).sort()).toEqual([endpoint.id, second.id].sort())
    for (const delivery of made) expect(delivery).toMatchObject({ jobId: job.id, type: `check.${state}`, attempt: 0 })
  })

  it('when it is canceled while it waits', async () => {
    const { jobs, tenant, insert, log } = await start()
    const { id } = await insert()
    await jobs.cancel(tenant, id)
    await jobs.cancel(tenant, id)
    expect(await log()).toMatchObject([{ jobId: id, type: 'check.canceled' }])
  })

  it('when it is erased while it waits, until nothing of it may be left', async () => {
    const { tenant, insert, log } = await start()
    const { id } = await insert()
    const erasures = createErasureStore(db)
    const erasure = await erasures.open(crypto.randomUUID(), tenant, { jobId: id })
    const erased = await erasures.forget(erasure.id, 1, 1_000)
    expect(await log()).toMatchObject([{ jobId: id, type: 'check.canceled' }])
    await createRetentionStore(db).cleared(erased)
    expect(await log()).toEqual([])
  })

  it('when its deadline had passed before a worker came', async () => {
    const { jobs, insert, log } = await start()
    const { id } = await insert({ deadlineMs: 0 })
    expect(await jobs.claim(aClaim(id))).toEqual({ kind: 'expired' })
    expect(await log()).toMatchObject([{ jobId: id, type: 'check.expired' }])
  })

  it('when nobody came until long after its deadline', async () => {
    const { jobs, insert, log } = await start()
    const { id } = await insert({ deadlineMs: 0 })
    await jobs.expireOverdue(0, 1000)
    await jobs.expireOverdue(0, 1000)
    expect(await log()).toMatchObject([{ jobId: id, type: 'check.expired' }])
  })

  it('when its workers died one after the other', async () => {
    const { jobs, insert, log } = await start()
    const { id } = await insert()
    const claim = () => jobs.claim(aClaim(id, { takeOver: true }))
    let answer = await claim()
    while (answer.kind === 'claimed') answer = await claim()
    expect(answer).toEqual({ kind: 'exhausted' })
    expect(await log()).toMatchObject([{ jobId: id, type: 'check.failed' }])
  })

  it('when many end in one statement, those of other tenants too', async () => {
    const [one, other] = [await start(), await start()]
    const running = await Promise.all([one.run(), one.run(), other.run()])
    await Promise.all(running.map((job) => one.jobs.finish(anOutcome(job))))
    expect((await one.log()).map(({ jobId }) => jobId).sort()).toEqual([running[0]?.id, running[1]?.id].sort())
    expect((await other.log()).map(({ jobId }) => jobId)).toEqual([running[2]?.id])
  })
})

describe('a job makes no delivery', () => {
  it('while it is not over', async () => {
    const { jobs, run, log } = await start()
    const job = await run()
    await jobs.renew([job], 60_000)
    await jobs.release(job, true)
    await jobs.markPublished([job.id])
    expect(await log()).toEqual([])
  })

  it('for an outcome that came too late', async () => {
    const { jobs, run, log } = await start()
    const job = await run()
    await jobs.finish(anOutcome(job))
    expect((await jobs.finish(anOutcome(job, { state: 'failed' }))).kind).toBe('fenced')
    const stale = { ...job, attempt: job.attempt - 1 }
    expect((await jobs.finish(anOutcome(stale))).kind).toBe('fenced')
    expect(await log()).toMatchObject([{ type: 'check.succeeded' }])
  })

  it('when its end is rolled back', async () => {
    const { jobs, run, log } = await start()
    const job = await run()
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      await client.query('begin')
      await client.query(`update job set state = 'succeeded', finished_at = now() where id = $1`, [job.id])
      const inside = await client.query('select id from webhook_delivery where job_id = $1', [job.id])
      expect(inside.rowCount).toBe(1)
      await client.query('rollback')
    } finally {
      await client.end()
    }
    expect(await log()).toEqual([])
    await jobs.finish(anOutcome(job))
    expect(await log()).toHaveLength(1)
  })

  it('for events nobody asked for', async () => {
    const { jobs, run, log } = await start({ events: ['check.failed'] })
    await jobs.finish(anOutcome(await run()))
    expect(await log()).toEqual([])
    await jobs.finish(anOutcome(await run(), { state: 'failed' }))
    expect(await log()).toHaveLength(1)
  })

  it('for an endpoint its owner disabled, or that was removed', async () => {
    const { jobs, store, tenant, endpoint, run, make, log } = await start()
    const removed = await make()
    await store.update(tenant, endpoint.id, { enabled: false })
    await store.remove(tenant, removed.id)
    await jobs.finish(anOutcome(await run()))
    expect(await log()).toEqual([])
  })

  it("for another tenant's endpoint", async () => {
    const [{ jobs, run }, other] = [await start(), await start()]
    await jobs.finish(anOutcome(await run()))
    expect(await other.log()).toEqual([])
  })
})

describe('the address of a single request', () => {
  it('is called beside the endpoints, and shares its limit with its host', async () => {
    const { jobs, outbox, store, tenant, endpoint, run } = await start()
    await store.tenantSecret(tenant, 'of the tenant')
    const webhookUrl = 'https://once.example:8443/hook?x=1'
    const job = await run({ webhookUrl })
    await jobs.finish(anOutcome(job))
    const due = async (perTargetCount: number) => {
      const found = await outbox.due({ totalCount: 1000, perTargetCount, perTenantCount: 100, leaseMs: 60_000 })
      return found.filter((delivery) => delivery.tenant === tenant)
    }
    const [first, second] = (await due(1)).sort((a) => (a.endpointId === null ? -1 : 1))
    expect(first).toMatchObject({
      endpointId: null,
      url: webhookUrl,
      jobId: job.id,
      task: 'liveness',
      type: 'check.succeeded',
    })
    expect(first?.secrets).toEqual(['of the tenant'])
    expect(second).toMatchObject({ endpointId: endpoint.id, url: endpoint.url, secrets: ['first'] })
    const next = await run({ webhookUrl: 'https://once.example:8443/other' })
    await jobs.finish(anOutcome(next))
    expect(await due(1)).toEqual([])
  })

  it('does not keep a job from ending, whatever it is', async () => {
    const { jobs, run, log } = await start()
    const job = await run({ webhookUrl: 'nonsense' })
    expect((await jobs.finish(anOutcome(job))).kind).toBe('finished')
    expect(await log()).toHaveLength(2)
  })
})

it('an endpoint that was disabled because it failed goes on collecting', async () => {
  const { jobs, outbox, tenant, endpoint, run, log } = await start()
  const limits = { totalCount: 1000, perTargetCount: 100, perTenantCount: 100, leaseMs: 0 }
  await outbox.test(tenant, endpoint.id)
  for (let failures = 0; failures < 2; failures += 1) {
    const [call] = (await outbox.due(limits)).filter((delivery) => delivery.tenant === tenant)
    if (!call) throw new Error('nothing was due')
    const outcome = { id: call.id, attempt: call.attempt, verdict: 'retry', retryMs: 0 } as const
    await outbox.settle({ ...outcome, status: 500, error: 'STATUS_REFUSED', body: null, durationMs: 1 }, 0)
  }
  await jobs.finish(anOutcome(await run()))
  expect((await log()).map(({ type }) => type)).toEqual(['check.succeeded', 'webhook.test'])
  const waiting = (await outbox.due(limits)).filter((delivery) => delivery.tenant === tenant)
  expect(waiting).toEqual([])
})
