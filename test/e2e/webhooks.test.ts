import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Muster, type Webhook, type WebhookEvent } from '../../api/client/client.ts'
import { apiConfig, apiRules } from '../../api/config.ts'
import { startApi } from '../../api/main.ts'
import { freePort } from '../../infra/local/ports.ts'
import { createJobStore } from '../../infra/postgres/job-store.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../infra/postgres/pool.ts'
import { setUpBroker } from '../../infra/rabbitmq/set-up.ts'
import { loadConfig } from '../../infra/runtime/config.ts'
import { Lifecycle } from '../../infra/runtime/lifecycle.ts'
import { createKey } from '../../scripts/keys.ts'
import { PERSON } from '../fixtures/forms.ts'
import { aClaim, anOutcome, claimed } from '../fixtures/jobs.ts'
import { silence } from '../fixtures/silence.ts'

const env = (name: string): string => process.env[name] as string
const { log } = silence()

/** A receiver as a user would write one: it believes nothing that the SDK does not. */
const startReceiver = async (muster: () => Muster) => {
  const events: { id: string; event: WebhookEvent }[] = []
  const secrets: string[] = []
  let status = 204
  let callCount = 0
  const server = createServer((request, response) => {
    callCount += 1
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (status >= 300) return response.writeHead(status, { location: 'http://169.254.169.254/' }).end('not now')
      muster()
        .webhooks.unwrap(Buffer.concat(chunks), request.headers, secrets)
        .then(
          (event) => {
            events.push({ id: String(request.headers['webhook-id']), event })
            response.writeHead(status).end()
          },
          () => response.writeHead(400).end(),
        )
    })
  })
  const port = await freePort()
  const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen()
  return {
    url: `http://127.0.0.1:${port}`,
    events,
    secrets,
    callCount: () => callCount,
    answers: (next: number) => {
      status = next
    },
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
    listen,
  }
}

let folder: string
let db: Database
let life: Lifecycle
let url: string
let receiver: Awaited<ReturnType<typeof startReceiver>>
let muster: Muster
const tenant = `hooks-${randomUUID().slice(0, 8)}`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-webhooks-'))
  await migrate(env('DATABASE_URL'), log)
  db = openPool({ url: env('DATABASE_URL') })
  const pool = `webhooks-${randomUUID().slice(0, 8)}`
  await setUpBroker(env('RABBITMQ_URL'), [pool])
  receiver = await startReceiver(() => muster)
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  const config = loadConfig(
    apiConfig,
    {
      DATABASE_URL: env('DATABASE_URL'),
      RABBITMQ_URL: env('RABBITMQ_URL'),
      REDIS_URL: env('REDIS_URL'),
      STORAGE_URL: pathToFileURL(folder).href,
      UPLOAD_SECRET: 'x'.repeat(32),
      API_PUBLIC_URL: url,
      API_PORT: String(port),
      API_SHUTDOWN_DELAY_MS: '0',
      POOLS: `${pool}=face-match,liveness,ocr`,
      ENCRYPTION: 'off',
      WEBHOOK_ALLOW: receiver.url,
      WEBHOOK_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
    apiRules,
  )
  life = new Lifecycle(log, 20_000)
  await startApi(config, life, log as Parameters<typeof startApi>[2])
  const apiKey = await createKey(env('DATABASE_URL'), { tenant, name: 'webhooks', role: 'admin' })
  muster = new Muster({ baseUrl: url, apiKey })
})
afterAll(async () => {
  await life.stop()
  await receiver.close()
  await db.end()
  await rm(folder, { recursive: true, force: true })
})

const soon = { timeout: 30_000 }
const eventsOf = (jobId: string) =>
  receiver.events.filter(({ event }) => event.data && 'id' in event.data && event.data.id === jobId)

/** Submit a check, and end it as a worker would. */
const runCheck = async (state: 'succeeded' | 'failed' = 'succeeded') => {
  const { id } = await muster.liveness({ image: PERSON }, { async: true })
  const jobs = createJobStore(db)
  await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(id))), { state }))
  return id
}

const withEndpoint = async (work: (webhook: Webhook) => Promise<void>, path = '/hook') => {
  const { secret, ...webhook } = await muster.webhooks.create({ url: receiver.url + path })
  receiver.secrets.push(secret)
  try {
    await work(webhook)
  } finally {
    receiver.answers(204)
    await muster.webhooks.delete(webhook.id)
  }
}

describe('an endpoint', () => {
  it('gets one signed event for a check that is over, and knows where to ask', async () =>
    withEndpoint(async (webhook) => {
      const jobId = await runCheck()
      await expect.poll(() => eventsOf(jobId).length, soon).toBe(1)
      const [received] = eventsOf(jobId)
      expect(received?.event).toMatchObject({
        type: 'check.succeeded',
        data: { id: jobId, task: 'liveness', status: 'succeeded', url: `${url}/v1/jobs/${jobId}` },
      })
      await expect
        .poll(async () => (await muster.webhooks.deliveries({ webhookId: webhook.id })).deliveries, soon)
        .toMatchObject([{ id: received?.id, jobId, state: 'delivered', attempts: 1, lastStatus: 204, lastError: null }])
      expect(eventsOf(jobId)).toHaveLength(1)
    }))

  it('gets its event of a canceled check too', async () =>
    withEndpoint(async () => {
      const { id } = await muster.liveness({ image: PERSON }, { async: true })
      await muster.jobs.cancel(id)
      await expect.poll(() => eventsOf(id).map(({ event }) => event.type), soon).toEqual(['check.canceled'])
    }))

  it('that is down gets its event when it is up again', async () =>
    withEndpoint(async (webhook) => {
      await receiver.close()
      const jobId = await runCheck('failed')
      const last = async () => (await muster.webhooks.deliveries({ webhookId: webhook.id })).deliveries[0]
      await expect.poll(async () => (await last())?.lastError, soon).toBe('NOT_CONNECTED')
      await receiver.listen()
      await expect.poll(() => eventsOf(jobId).map(({ event }) => event.type), soon).toEqual(['check.failed'])
      await expect.poll(async () => (await last())?.state, soon).toBe('delivered')
      expect((await last())?.attempts).toBeGreaterThan(1)
      expect((await muster.webhooks.list())[0]).toMatchObject({ id: webhook.id, enabled: true, failingSince: null })
    }))

  it('that redirects is not followed', async () =>
    withEndpoint(async (webhook) => {
      receiver.answers(302)
      const jobId = await runCheck()
      const last = async () => (await muster.webhooks.deliveries({ webhookId: webhook.id })).deliveries[0]
      await expect.poll(async () => (await last())?.lastError, soon).toBe('REDIRECT_REFUSED')
      expect([(await last())?.lastStatus, eventsOf(jobId).length]).toEqual([302, 0])
    }))

  it('that says it is gone is called no more', async () =>
    withEndpoint(async (webhook) => {
      receiver.answers(410)
      await runCheck()
      await expect.poll(async () => (await muster.webhooks.list())[0]?.disabledReason, soon).toBe('gone')
      const before = receiver.callCount()
      const jobId = await runCheck()
      await muster.webhooks.update(webhook.id, { enabled: true })
      receiver.answers(204)
      const next = await runCheck()
      await expect.poll(() => eventsOf(next).length, soon).toBe(1)
      expect([eventsOf(jobId).length, receiver.callCount()]).toEqual([0, before + 1])
    }))

  it('goes on being believed while its secret changes', async () =>
    withEndpoint(async (webhook) => {
      await muster.webhooks.rotate(webhook.id)
      const jobId = await runCheck()
      await expect.poll(() => eventsOf(jobId).length, soon).toBe(1)
    }))

  it('can be tried, and gets an event again on request, under the same id', async () =>
    withEndpoint(async (webhook) => {
      const { deliveryId } = await muster.webhooks.test(webhook.id)
      const received = () => receiver.events.filter(({ id }) => id === deliveryId)
      await expect.poll(() => received().length, soon).toBe(1)
      expect(received()[0]?.event).toMatchObject({ type: 'webhook.test', data: { endpoint: webhook.id } })
      await expect.poll(() => muster.webhooks.replay(deliveryId).catch(() => 0), soon).toBe(1)
      await expect.poll(() => received().length, soon).toBe(2)
    }))
})

describe('the address of a single check', () => {
  it("is called with the tenant's own secret", async () => {
    const auth = {
      authorization: `Bearer ${await createKey(env('DATABASE_URL'), { tenant, name: 'once', role: 'admin' })}`,
    }
    const { secret } = (await (await fetch(`${url}/v1/webhooks/secret`, { headers: auth })).json()) as {
      secret: string
    }
    receiver.secrets.push(secret)
    const answer = await fetch(`${url}/v1/liveness`, {
      method: 'POST',
      headers: { ...auth, 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ image: { base64: PERSON.toString('base64') }, webhookUrl: `${receiver.url}/once` }),
    })
    const { id } = (await answer.json()) as { id: string }
    const jobs = createJobStore(db)
    await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(id)))))
    await expect.poll(() => eventsOf(id).length, soon).toBe(1)
  })
})

it('keeps no secret readable in the database', async () => {
  const rows = await db.query<{ secret: string }>(
    { name: 'e2e.secrets', text: 'select secret from webhook_endpoint union all select secret from webhook_secret' },
    [],
  )
  expect(rows.rows.length).toBeGreaterThan(0)
  for (const { secret } of rows.rows) expect(secret).toMatch(/^aes256gcm:/)
})
