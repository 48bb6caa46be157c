import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createDelivery } from '../../../../api/webhooks/delivery.ts'
import { signedHeaders } from '../../../../api/webhooks/sign.ts'
import { startDelivery } from '../../../../api/webhooks/start.ts'
import type { WebhookEndpoint } from '../../../../infra/domain/webhook.ts'
import type { Called, WebhookCall } from '../../../../infra/ports/webhook-sender.ts'
import { createSecretBox } from '../../../../infra/webhooks/secret-box.ts'
import { anEndpoint } from '../../../contract/webhook-store.ts'
import { createMemoryWebhooks } from '../../../fakes/webhooks.ts'
import { silence } from '../../../fixtures/silence.ts'

const OK: Called = { kind: 'answered', status: 200, retryAfter: undefined, body: '' }
const DOWN: Called = { kind: 'failed', failure: 'NOT_CONNECTED' }
const JOB = '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e'
const HOUR_MS = 3_600_000

/** A world with a clock that moves on demand, and a receiver that does as it is told. */
const start = () => {
  let nowMs = Date.parse('2026-11-21T10:00:00Z')
  const webhooks = createMemoryWebhooks(() => nowMs)
  const box = createSecretBox([randomBytes(32)])
  const calls: WebhookCall[] = []
  let receive: (call: WebhookCall) => Called | Promise<Called> = () => OK
  const counted: string[] = []
  const { log, metrics } = silence()
  const delivery = createDelivery(
    {
      ...webhooks,
      box,
      log,
      metrics: { ...metrics, count: (name, { reason }) => void counted.push(`${name} ${reason}`) },
      sender: {
        async call(call) {
          calls.push(call)
          return receive(call)
        },
      },
      clock: { now: () => nowMs, monotonic: () => nowMs },
      random: () => 0,
      randomBytes,
    },
    { publicUrl: 'https://muster.example/', version: '1.2.3' },
  )
  const endpoint = async (secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', url?: string) => {
    const made = anEndpoint({ tenant: 'acme', secret: box.seal(secret, 'acme'), ...(url && { url }) })
    return (await webhooks.store.create(made, 100)) as WebhookEndpoint
  }
  const end = (endpointId: string | null, url?: string) =>
    webhooks.outbox.enqueue({ tenant: 'acme', endpointId, jobId: JOB, type: 'check.succeeded', ...(url && { url }) })
  const round = async () => {
    await delivery.round()
    await delivery.settled()
  }
  return {
    ...webhooks,
    delivery,
    box,
    calls,
    counted,
    log,
    metrics,
    endpoint,
    end,
    round,
    receives: (how: typeof receive) => {
      receive = how
    },
    later: (ms: number) => {
      nowMs += ms
    },
    now: () => nowMs,
    list: () => webhooks.outbox.deliveries('acme', { limit: 100 }),
  }
}

describe('a call', () => {
  it('is thin, signed with the secret of the endpoint, and the same at every attempt but for its time', async () => {
    const world = start()
    const { id, url } = await world.endpoint()
    const deliveryId = world.end(id)
    world.receives(() => DOWN)
    await world.round()
    world.later(6_000)
    await world.round()
    const [first, second] = world.calls as [WebhookCall, WebhookCall]
    expect(first.url).toBe(url)
    expect(JSON.parse(first.body)).toEqual({
      type: 'check.succeeded',
      timestamp: '2026-11-21T10:00:00.000Z',
      data: { id: JOB, task: 'liveness', status: 'succeeded', url: `https://muster.example/v1/jobs/${JOB}` },
    })
    expect(second.body).toBe(first.body)
    const signed = (atMs: number) =>
      signedHeaders(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], { id: `msg_${deliveryId}`, atMs, body: first.body })
    expect(first.headers).toEqual({
      'content-type': 'application/json',
      'user-agent': 'muster-webhooks/1.2.3',
      ...signed(world.now() - 6_000),
    })
    expect(second.headers).toMatchObject(signed(world.now()))
  })

  it('to the address of a request is signed with the secret of the tenant, made when it is first needed', async () => {
    const world = start()
    world.end(null, 'https://once.example/hook')
    await world.round()
    const secret = world.box.open(await world.store.tenantSecret('acme', 'another'), 'acme')
    const [{ headers, body }] = world.calls as [WebhookCall]
    const id = String(headers['webhook-id'])
    expect(headers).toMatchObject(signedHeaders([secret], { id, atMs: world.now(), body }))
  })

  it('carries two signatures while an old secret still counts', async () => {
    const world = start()
    const { id } = await world.endpoint()
    await world.store.rotate('acme', id, world.box.seal('whsec_AAAA', 'acme'), HOUR_MS)
    world.end(id)
    await world.round()
    expect(world.calls[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
  })

  it('is not made when its secret cannot be read, and comes again', async () => {
    const world = start()
    const made = anEndpoint({ tenant: 'acme', secret: world.box.seal('whsec_AAAA', 'another tenant') })
    const { id } = (await world.store.create(made, 100)) as WebhookEndpoint
    world.end(id)
    await world.round()
    expect(world.calls).toEqual([])
    expect(await world.list()).toMatchObject([{ lastError: 'SECRET_UNREADABLE', deliveredAt: null, attempt: 1 }])
  })
})

describe('over days', () => {
  it('a receiver that is down for three days gets its call when it is back, once', async () => {
    const world = start()
    const { id } = await world.endpoint()
    world.end(id)
    world.receives(() => DOWN)
    for (let hours = 0; hours < 72; hours += 1) {
      await world.round()
      world.later(HOUR_MS)
    }
    world.receives(() => OK)
    for (let hours = 0; hours < 24; hours += 1) {
      await world.round()
      world.later(HOUR_MS)
    }
    expect(await world.list()).toMatchObject([{ attempt: world.calls.length, lastStatus: 200, givenUpAt: null }])
    expect(world.counted.filter((one) => one === 'webhook_calls delivered')).toHaveLength(1)
    expect(await world.store.find('acme', id)).toMatchObject({ disabledAt: null, failingSince: null })
  })

  it('gives an event up after ten attempts, and disables an endpoint that failed for five days', async () => {
    const world = start()
    const { id } = await world.endpoint()
    world.end(id)
    world.receives(() => DOWN)
    for (let hours = 0; hours < 24 * 6; hours += 1) {
      await world.round()
      world.later(HOUR_MS)
      if (hours === 100) world.end(id)
    }
    const [second, first] = await world.list()
    expect(first).toMatchObject({ attempt: 10, lastError: 'NOT_CONNECTED' })
    expect(first?.givenUpAt).not.toBeNull()
    expect(await world.store.find('acme', id)).toMatchObject({ disabledReason: 'failing' })
    expect(world.counted.filter((one) => one.startsWith('webhook_endpoints_disabled'))).toEqual([
      'webhook_endpoints_disabled failing',
    ])
    const callCount = world.calls.length
    world.later(HOUR_MS * 24)
    await world.round()
    expect(world.calls).toHaveLength(callCount)
    expect(second?.attempt).toBeLessThan(10)
  })

  it('does not call a receiver again that says it is gone', async () => {
    const world = start()
    const { id } = await world.endpoint()
    world.end(id)
    world.end(id)
    world.receives(() => ({ kind: 'answered', status: 410, retryAfter: undefined, body: '' }))
    await world.round()
    expect(await world.store.find('acme', id)).toMatchObject({ disabledReason: 'gone' })
    expect(world.counted).toContain('webhook_endpoints_disabled gone')
  })

  it('leaves a receiver alone for as long as it asks, with all its calls', async () => {
    const world = start()
    const { id } = await world.endpoint()
    world.end(id)
    world.receives(() => ({ kind: 'answered', status: 429, retryAfter: '600', body: '' }))
    await world.round()
    world.end(id)
    world.later(599_000)
    await world.round()
    expect(world.calls).toHaveLength(1)
    world.receives(() => OK)
    world.later(2_000)
    await world.round()
    expect(world.calls).toHaveLength(3)
  })
})

describe('side by side', () => {
  it('a receiver that hangs does not hold up another', async () => {
    const world = start()
    const [slow, fast] = [await world.endpoint(undefined, 'https://slow.example/'), await world.endpoint()]
    const held = Promise.withResolvers<Called>()
    world.receives(({ url }) => (url === slow.url ? held.promise : OK))
    for (let i = 0; i < 300; i += 1) world.end(slow.id)
    world.end(fast.id)
    await world.delivery.round()
    await expect.poll(async () => (await world.list())[0]?.deliveredAt).not.toBeNull()
    expect(world.calls.filter(({ url }) => url === slow.url)).toHaveLength(16)
    held.resolve(OK)
    await world.delivery.settled()
  })

  it('makes no more calls at once than it has places', async () => {
    const world = start()
    const held = Promise.withResolvers<Called>()
    world.receives(() => held.promise)
    for (let i = 0; i < 20; i += 1) {
      const { id } = await world.endpoint()
      for (let j = 0; j < 20; j += 1)
        world.outbox.enqueue({
          tenant: `tenant-${i}`,
          endpointId: null,
          jobId: JOB,
          type: 'check.failed',
          url: `https://h${i}.example/${id}`,
        })
    }
    await world.delivery.round()
    await world.delivery.round()
    expect(await world.delivery.round()).toBe(0)
    await expect.poll(() => world.calls.length).toBe(128)
    held.resolve(OK)
    await world.delivery.settled()
  })

  it('leaves a call whose outcome could not be kept to its lease', async () => {
    const world = start()
    const { id } = await world.endpoint()
    world.end(id)
    const { settle } = world.outbox
    world.outbox.settle = async () => {
      throw new Error('the database is away')
    }
    await world.round()
    expect(await world.list()).toMatchObject([{ attempt: 1, deliveredAt: null }])
    world.outbox.settle = settle
    world.later(61_000)
    await world.round()
    expect(await world.list()).toMatchObject([{ attempt: 2, lastStatus: 200 }])
  })
})

describe('the loop', () => {
  const running: { stop(): Promise<void> }[] = []
  afterEach(() => Promise.all(running.splice(0).map((one) => one.stop())))

  it('calls what is due and what becomes due, and begins nothing after it was stopped', async () => {
    const world = start()
    const { id } = await world.endpoint()
    world.end(id)
    const loop = startDelivery(world.delivery, world)
    running.push(loop)
    await expect.poll(() => world.calls.length).toBe(1)
    world.end(id)
    await expect.poll(() => world.calls.length, { timeout: 5_000 }).toBe(2)
    await loop.stop()
    world.end(id)
    expect(world.calls).toHaveLength(2)
  })

  it('empties a long queue of one receiver as fast as it answers', async () => {
    const world = start()
    const { id } = await world.endpoint()
    for (let i = 0; i < 200; i += 1) world.end(id)
    running.push(startDelivery(world.delivery, world))
    await expect.poll(() => world.calls.length, { timeout: 5_000 }).toBe(200)
  })

  it('goes on after a round that failed', async () => {
    const world = start()
    const { id } = await world.endpoint()
    world.end(id)
    const { due } = world.outbox
    let failures = 0
    world.outbox.due = async (limits) => {
      failures += 1
      if (failures === 1) throw new Error('the database is away')
      return due(limits)
    }
    running.push(startDelivery(world.delivery, world))
    await expect.poll(() => world.calls.length, { timeout: 5_000 }).toBe(1)
  })

  it('waits for a call under way when it is stopped', async () => {
    const world = start()
    const { id } = await world.endpoint()
    world.end(id)
    const held = Promise.withResolvers<Called>()
    world.receives(() => held.promise)
    const loop = startDelivery(world.delivery, world)
    await expect.poll(() => world.calls.length).toBe(1)
    const stopped = loop.stop()
    held.resolve(OK)
    await stopped
    expect((await world.list())[0]?.deliveredAt).not.toBeNull()
  })
})
