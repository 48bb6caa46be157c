import { describe, expect, it } from 'vitest'
import { unwrapWebhook } from '../../../../api/client/client.ts'
import { WEBHOOK_EVENTS } from '../../../../infra/domain/webhook.ts'
import { startApi } from '../../../fixtures/api.ts'
import { HOOK_URL, NOBODY, refusal, startWebhooks } from '../../../fixtures/webhook-api.ts'
import { testWebhooks } from '../../../fixtures/webhooks.ts'

describe('endpoints', () => {
  it('are made with a secret that is shown once', async () => {
    const { ask, create } = await startWebhooks()
    const made = await create({ url: HOOK_URL, events: ['check.failed'], description: 'mine' })
    const { secret, ...shown } = made
    expect(secret).toMatch(/^whsec_/)
    expect(shown).toMatchObject({ url: HOOK_URL, events: ['check.failed'], description: 'mine', enabled: true })
    expect((await ask('GET', `/${made.id}`)).json()).toEqual(shown)
    expect((await ask('GET', '')).json()).toEqual({ webhooks: [shown] })
  })

  it('are called for everything unless told', async () => {
    const { create } = await startWebhooks()
    expect((await create()).events).toEqual([...WEBHOOK_EVENTS])
  })

  it.each([
    ['http://hooks.example/', 'SCHEME_REFUSED'],
    ['https://127.0.0.1/', 'ADDRESS_REFUSED'],
    ['https://2130706433/', 'ADDRESS_REFUSED'],
    ['https://hooks.example:22/', 'PORT_REFUSED'],
    ['https://me:secret@hooks.example/', 'USERINFO_REFUSED'],
    ['https://', 'MALFORMED'],
  ])('are not made for %s', async (url, reason) => {
    const { ask, create } = await startWebhooks()
    const answer = await ask('POST', '', { url })
    expect(refusal(answer)).toEqual([422, 'WEBHOOK_URL_REFUSED'])
    expect(answer.json().errors).toEqual([{ pointer: '/url', detail: reason }])
    expect(answer.body).not.toContain('secret@')
    const { id } = await create()
    expect(refusal(await ask('PATCH', `/${id}`, { url }))).toEqual([422, 'WEBHOOK_URL_REFUSED'])
  })

  it('inside are made where the operator vouches for them', async () => {
    const { create } = await startWebhooks()
    expect(await create({ url: 'https://hooks.corp.example:9000/x' })).toMatchObject({ enabled: true })
  })

  it.each([
    [{}],
    [{ url: 'ftp://hooks.example' }],
    [{ url: HOOK_URL, events: [] }],
    [{ url: HOOK_URL, events: ['check.everything'] }],
    [{ url: HOOK_URL, events: ['check.failed', 'check.failed'] }],
    [{ url: HOOK_URL, description: 'x'.repeat(201) }],
    [{ url: HOOK_URL, description: 'a\0b' }],
    [{ url: HOOK_URL, description: '\u001b[31mred' }],
    [{ url: `https://hooks.example/${'x'.repeat(2048)}` }],
    [{ url: HOOK_URL, secret: 'whsec_mine' }],
  ])('are not made of %j', async (payload) => {
    const { ask } = await startWebhooks()
    expect(refusal(await ask('POST', '', payload))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('are changed, turned off and on, and deleted', async () => {
    const { ask, create } = await startWebhooks()
    const { id } = await create()
    expect((await ask('PATCH', `/${id}`, { events: ['check.expired'] })).json()).toMatchObject({
      url: HOOK_URL,
      events: ['check.expired'],
    })
    expect((await ask('PATCH', `/${id}`, { enabled: false })).json()).toMatchObject({
      enabled: false,
      disabledReason: 'caller',
    })
    expect((await ask('PATCH', `/${id}`, { enabled: true })).json()).toMatchObject({ enabled: true, disabledAt: null })
    for (const nothing of [{}, { description: 'a\0b' }])
      expect(refusal(await ask('PATCH', `/${id}`, nothing))).toEqual([400, 'INVALID_REQUEST'])
    expect((await ask('DELETE', `/${id}`)).statusCode).toBe(204)
    expect(refusal(await ask('DELETE', `/${id}`))).toEqual([404, 'WEBHOOK_NOT_FOUND'])
  })

  it('are at most twenty', async () => {
    const { ask, create } = await startWebhooks()
    for (let count = 0; count < 20; count += 1) await create()
    expect(refusal(await ask('POST', '', { url: HOOK_URL }))).toEqual([409, 'WEBHOOK_LIMIT'])
  })

  it('of another tenant do not exist', async () => {
    const { ask, create, foreign } = await startWebhooks()
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
    const { ask, create, deliver } = await startWebhooks()
    const { id, secret: before } = await create()
    const { secret: after } = (await ask('POST', `/${id}/rotate`)).json()
    expect(after).not.toBe(before)
    await ask('POST', `/${id}/test`)
    const [call] = await deliver()
    for (const secret of [before, after])
      expect(await unwrapWebhook(call?.body ?? '', call?.headers ?? {}, secret)).toMatchObject({ type: 'webhook.test' })
  })

  it('of single requests are made on demand, stay, and change on demand', async () => {
    const { ask, foreign } = await startWebhooks()
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
    const { ask, create, audited } = await startWebhooks()
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
    for (const word of [secret, rotated, ofTenant, HOOK_URL]) expect(trail).not.toContain(word)
  })
})

it('says that webhooks are degraded when they would not be safe', async () => {
  const webhooks = { ...testWebhooks(), healthy: () => false }
  const { app } = await startApi(() => ({ webhooks }))
  const answer = await app.inject('/readyz?verbose')
  expect([answer.statusCode, answer.json().checks.webhooks]).toEqual([200, 'degraded'])
})
