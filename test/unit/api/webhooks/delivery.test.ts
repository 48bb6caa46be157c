import { describe, expect, it } from 'vitest'
import { signedHeaders } from '../../../../api/webhooks/sign.ts'
import type { WebhookEndpoint } from '../../../../infra/domain/webhook.ts'
import type { Called, WebhookCall } from '../../../../infra/ports/webhook-sender.ts'
import { anEndpoint } from '../../../contract/webhook-store.ts'
import { JOB, OK, startWorld } from '../../../fixtures/webhook-world.ts'

const DOWN: Called = { kind: 'failed', failure: 'NOT_CONNECTED' }
const HOUR_MS = 3_600_000

describe('a call', () => {
  it('is thin, signed with the secret of the endpoint, and the same at every attempt but for its time', async () => {
    const world = startWorld()
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
    const world = startWorld()
    world.end(null, 'https://once.example/hook')
    await world.round()
    const secret = world.box.open(await world.store.tenantSecret('acme', 'another'), 'acme')
    const [{ headers, body }] = world.calls as [WebhookCall]
    const id = String(headers['webhook-id'])
    expect(headers).toMatchObject(signedHeaders([secret], { id, atMs: world.now(), body }))
  })

  it('carries two signatures while an old secret still counts', async () => {
    const world = startWorld()
    const { id } = await world.endpoint()
    await world.store.rotate('acme', id, world.box.seal('whsec_AAAA', 'acme'), HOUR_MS)
    world.end(id)
    await world.round()
    expect(world.calls[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
  })

  it('is not made when its secret cannot be read, and comes again', async () => {
    const world = startWorld()
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
    const world = startWorld()
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
    const world = startWorld()
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
    const world = startWorld()
    const { id } = await world.endpoint()
    world.end(id)
    world.end(id)
    world.receives(() => ({ kind: 'answered', status: 410, retryAfter: undefined, body: '' }))
    await world.round()
    expect(await world.store.find('acme', id)).toMatchObject({ disabledReason: 'gone' })
    expect(world.counted).toContain('webhook_endpoints_disabled gone')
  })

  it('leaves a receiver alone for as long as it asks, with all its calls', async () => {
    const world = startWorld()
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
