import { describe, expect, it } from 'vitest'
import { unwrapWebhook } from '../../../../api/client/client.ts'
import { createDelivery } from '../../../../api/webhooks/delivery.ts'
import type { WebhookCall } from '../../../../infra/ports/webhook-sender.ts'
import { type Api, startApi } from '../../../fixtures/api.ts'
import { PERSON } from '../../../fixtures/forms.ts'
import { silence } from '../../../fixtures/silence.ts'
import { testWebhooks } from '../../../fixtures/webhooks.ts'

const NOBODY = '00000000-0000-4000-8000-000000000000'
const URL = 'https://hooks.example/muster'

const start = async () => {
  const webhooks = testWebhooks()
  const api = await startApi(() => ({ webhooks }))
  const { app, auth, foreign } = api
  const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object, headers = auth) =>
    app.inject({ method, url: `/v1/webhooks${path}`, headers, ...(payload && { payload }) })
  const create = async (payload: object = { url: URL }) => (await ask('POST', '', payload)).json()
  /** make the calls that are due, and answer what was sent */
  const deliver = async (status = 200): Promise<readonly WebhookCall[]> => {
    const calls: WebhookCall[] = []
    const sender = {
      async call(call: WebhookCall) {
        calls.push(call)
        return { kind: 'answered', status, retryAfter: undefined, body: 'what the receiver says' } as const
      },
    }
    const { clock } = api.deps
    const delivery = createDelivery(
      { ...webhooks, sender, clock, ...silence(), random: () => 0 },
      { publicUrl: undefined, version: '0' },
    )
    await delivery.round()
    await delivery.settled()
    return calls
  }
  return { ...api, webhooks, ask, create, deliver, foreign, audited: () => api.deps.audit.events }
}

const refusal = (answer: Awaited<ReturnType<Api['app']['inject']>>) => [answer.statusCode, answer.json().code]

describe('endpoints', () => {
  it('are made with a secret that is shown once', async () => {
    const { ask, create } = await start()
    const made = await create({ url: URL, events: ['check.failed'], description: 'mine' })
    const { secret, ...shown } = made
    expect(secret).toMatch(/^whsec_/)
    expect(shown).toMatchObject({ url: URL, events: ['check.failed'], description: 'mine', enabled: true })
    expect((await ask('GET', `/${made.id}`)).json()).toEqual(shown)
    expect((await ask('GET', '')).json()).toEqual({ webhooks: [shown] })
  })

  it('are called for everything unless told', async () => {
    const { create } = await start()
    expect((await create()).events).toEqual(['check.succeeded', 'check.failed', 'check.canceled', 'check.expired'])
  })

  it.each([
    ['http://hooks.example/', 'SCHEME_REFUSED'],
    ['https://127.0.0.1/', 'ADDRESS_REFUSED'],
    ['https://2130706433/', 'ADDRESS_REFUSED'],
    ['https://hooks.example:22/', 'PORT_REFUSED'],
    ['https://me:secret@hooks.example/', 'USERINFO_REFUSED'],
    ['https://', 'MALFORMED'],
  ])('are not made for %s', async (url, reason) => {
    const { ask, create } = await start()
    const answer = await ask('POST', '', { url })
    expect(refusal(answer)).toEqual([422, 'WEBHOOK_URL_REFUSED'])
    expect(answer.json().errors).toEqual([{ pointer: '/url', detail: reason }])
    expect(answer.body).not.toContain('secret@')
    const { id } = await create()
    expect(refusal(await ask('PATCH', `/${id}`, { url }))).toEqual([422, 'WEBHOOK_URL_REFUSED'])
  })

  it('inside are made where the operator vouches for them', async () => {
    const { create } = await start()
    expect(await create({ url: 'https://hooks.corp.example:9000/x' })).toMatchObject({ enabled: true })
  })

  it.each([
    [{}],
    [{ url: 'ftp://hooks.example' }],
    [{ url: URL, events: [] }],
    [{ url: URL, events: ['check.everything'] }],
    [{ url: URL, events: ['check.failed', 'check.failed'] }],
    [{ url: URL, description: 'x'.repeat(201) }],
    [{ url: `https://hooks.example/${'x'.repeat(2048)}` }],
    [{ url: URL, secret: 'whsec_mine' }],
  ])('are not made of %j', async (payload) => {
    const { ask } = await start()
    expect(refusal(await ask('POST', '', payload))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('are changed, turned off and on, and deleted', async () => {
    const { ask, create } = await start()
    const { id } = await create()
    expect((await ask('PATCH', `/${id}`, { events: ['check.expired'] })).json()).toMatchObject({
      url: URL,
      events: ['check.expired'],
    })
    expect((await ask('PATCH', `/${id}`, { enabled: false })).json()).toMatchObject({
      enabled: false,
      disabledReason: 'caller',
    })
    expect((await ask('PATCH', `/${id}`, { enabled: true })).json()).toMatchObject({ enabled: true, disabledAt: null })
    expect(refusal(await ask('PATCH', `/${id}`, {}))).toEqual([400, 'INVALID_REQUEST'])
    expect((await ask('DELETE', `/${id}`)).statusCode).toBe(204)
    expect(refusal(await ask('DELETE', `/${id}`))).toEqual([404, 'WEBHOOK_NOT_FOUND'])
  })

  it('are at most twenty', async () => {
    const { ask, create } = await start()
    for (let count = 0; count < 20; count += 1) await create()
    expect(refusal(await ask('POST', '', { url: URL }))).toEqual([409, 'WEBHOOK_LIMIT'])
  })

  it('of another tenant do not exist', async () => {
    const { ask, create, foreign } = await start()
    const { id } = await create()
    for (const [method, path, payload] of [
      ['GET', ''],
      ['PATCH', '', { enabled: false }],
      ['DELETE', ''],
      ['POST', '/rotate'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
      ['POST', '/replay', { since: '2026-01-01T00:00:00Z' }],
    ] as const)
      for (const which of [id, NOBODY, 'nonsense']) {
        const answer = await ask(method, `/${which}${path}`, payload, foreign)
        expect([method, path, ...refusal(answer)]).toEqual([method, path, 404, 'WEBHOOK_NOT_FOUND'])
      }
    expect((await ask('GET', '', undefined, foreign)).json()).toEqual({ webhooks: [] })
    expect((await ask('GET', `/${id}`)).json()).toMatchObject({ enabled: true })
  })
})

describe('secrets', () => {
  it('change, and the one before still signs for a while', async () => {
    const { ask, create, deliver } = await start()
    const { id, secret: before } = await create()
    const { secret: after } = (await ask('POST', `/${id}/rotate`)).json()
    expect(after).not.toBe(before)
    await ask('POST', `/${id}/test`)
    const [call] = await deliver()
    for (const secret of [before, after])
      expect(await unwrapWebhook(call?.body ?? '', call?.headers ?? {}, secret)).toMatchObject({ type: 'webhook.test' })
  })

  it('of single requests are made on demand, stay, and change on demand', async () => {
    const { ask, foreign } = await start()
    const secretOf = async (headers?: typeof foreign) => (await ask('GET', '/secret', undefined, headers)).json().secret
    const first = await secretOf()
    expect(first).toMatch(/^whsec_/)
    expect(await secretOf()).toBe(first)
    expect(await secretOf(foreign)).not.toBe(first)
    const rotated = (await ask('POST', '/secret/rotate')).json().secret
    expect(rotated).not.toBe(first)
    expect(await secretOf()).toBe(rotated)
  })

  it('are never written down, and every change of them is', async () => {
    const { ask, create, audited } = await start()
    const { id, secret } = await create()
    const { secret: rotated } = (await ask('POST', `/${id}/rotate`)).json()
    const { secret: ofTenant } = (await ask('GET', '/secret')).json()
    await ask('PATCH', `/${id}`, { enabled: false })
    await ask('DELETE', `/${id}`)
    expect(audited().map(({ action, target, actor }) => [action, target === id ? 'it' : target, actor !== ''])).toEqual(
      [
        ['webhook_created', 'webhooks', true],
        ['webhook_secret_rotated', 'it', true],
        ['sensitive_read', 'webhook secret', true],
        ['webhook_changed', 'it', true],
        ['webhook_deleted', 'it', true],
      ],
    )
    const trail = JSON.stringify(audited())
    for (const word of [secret, rotated, ofTenant, URL]) expect(trail).not.toContain(word)
  })
})

describe('deliveries', () => {
  it('are tried out with an event of their own', async () => {
    const { ask, create, deliver } = await start()
    const { id, secret } = await create()
    const tried = await ask('POST', `/${id}/test`)
    expect(tried.statusCode).toBe(202)
    const [call] = await deliver()
    expect(call).toMatchObject({ url: URL, headers: { 'webhook-id': tried.json().deliveryId } })
    expect(await unwrapWebhook(call?.body ?? '', call?.headers ?? {}, secret)).toMatchObject({ data: { endpoint: id } })
  })

  it('are listed newest first, page by page, without what the receiver said', async () => {
    const { ask, create, deliver, foreign } = await start()
    const { id } = await create()
    const ids: string[] = []
    for (let count = 0; count < 3; count += 1) ids.push((await ask('POST', `/${id}/test`)).json().deliveryId)
    await deliver(500)
    const first = await ask('GET', `/${id}/deliveries?limit=2`)
    expect(first.body).not.toContain('what the receiver says')
    expect(first.json().deliveries).toMatchObject([
      { id: ids[2], webhookId: id, state: 'pending', attempts: 1, lastStatus: 500, lastError: 'STATUS_REFUSED' },
      { id: ids[1] },
    ])
    const second = await ask('GET', `/${id}/deliveries?limit=2&before=${first.json().next}`)
    expect(second.json()).toMatchObject({ deliveries: [{ id: ids[0] }], next: null })
    expect((await ask('GET', '/deliveries')).json().deliveries).toHaveLength(3)
    expect((await ask('GET', '/deliveries', undefined, foreign)).json()).toEqual({ deliveries: [], next: null })
    for (const query of ['limit=0', 'limit=x', 'before=%27', 'jobId=1'])
      expect(refusal(await ask('GET', `/deliveries?${query}`))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('are sent again one by one, under the same id', async () => {
    const { ask, create, deliver, foreign } = await start()
    const { id } = await create()
    const { deliveryId } = (await ask('POST', `/${id}/test`)).json()
    await deliver()
    expect(await deliver()).toEqual([])
    const refused = await ask('POST', `/deliveries/${deliveryId}/replay`, undefined, foreign)
    expect(refusal(refused)).toEqual([404, 'DELIVERY_NOT_FOUND'])
    expect((await ask('POST', `/deliveries/${deliveryId}/replay`)).json()).toEqual({ replayed: 1 })
    expect((await deliver())[0]?.headers['webhook-id']).toBe(deliveryId)
    for (const which of [`msg_${NOBODY}`, 'nonsense'])
      expect(refusal(await ask('POST', `/deliveries/${which}/replay`))).toEqual([404, 'DELIVERY_NOT_FOUND'])
  })

  it('are sent again for a time, as far as they have not arrived', async () => {
    const { ask, create, deliver } = await start()
    const { id } = await create()
    await ask('POST', `/${id}/test`)
    await deliver()
    await ask('POST', `/${id}/test`)
    await deliver(500)
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    expect((await ask('POST', `/${id}/replay`, { since: day(-2), until: day(-1) })).json()).toEqual({ replayed: 0 })
    expect((await ask('POST', `/${id}/replay`, { since: day(-1) })).json()).toEqual({ replayed: 1 })
    expect(await deliver()).toHaveLength(1)
    for (const payload of [{}, { since: 'yesterday' }, { since: day(-1), all: true }])
      expect(refusal(await ask('POST', `/${id}/replay`, payload))).toEqual([400, 'INVALID_REQUEST'])
  })
})

describe('the address of a single request', () => {
  const image = { base64: PERSON.toString('base64') }

  it('is refused before anything is stored when it will not be called', async () => {
    const { app, auth, deps } = await start()
    for (const [webhookUrl, reason] of [
      ['https://10.0.0.1/', 'ADDRESS_REFUSED'],
      ['http://hooks.example/', 'SCHEME_REFUSED'],
    ]) {
      const payload = { image, webhookUrl }
      const answer = await app.inject({ method: 'POST', url: '/v1/liveness', headers: auth, payload })
      expect(refusal(answer)).toEqual([422, 'WEBHOOK_URL_REFUSED'])
      expect(answer.json().errors).toEqual([{ pointer: '/webhookUrl', detail: reason }])
    }
    expect(deps.jobs.all()).toEqual([])
  })

  it('is taken when it can be called', async () => {
    const { app, auth } = await start()
    const headers = { ...auth, prefer: 'respond-async' }
    const payload = { image, webhookUrl: 'https://hooks.example/once' }
    expect((await app.inject({ method: 'POST', url: '/v1/liveness', headers, payload })).statusCode).toBe(202)
  })
})

it('says that webhooks are degraded when they would not be safe', async () => {
  const webhooks = { ...testWebhooks(), healthy: () => false }
  const { app } = await startApi(() => ({ webhooks }))
  const answer = await app.inject('/readyz?verbose')
  expect([answer.statusCode, answer.json().checks.webhooks]).toEqual([200, 'degraded'])
})
