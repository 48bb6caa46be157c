import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../../../api/client/client.ts'
import { aJob, finished, json, problem, text } from './scripted-server.ts'
import { JPEG, rejection, useServer } from './setup.ts'

const context = useServer()
const WEBHOOK = { id: 'w-1', url: 'https://hooks.example/', events: ['check.failed'], enabled: true }

const asked = () => context.server.requests.map(({ method, path }) => `${method} ${path}`)

describe('endpoints', () => {
  it('are made, listed, changed and deleted', async () => {
    const { server, muster } = context
    const { webhooks } = muster()
    server.will(json(201, { ...WEBHOOK, secret: 'whsec_AA' }))
    expect((await webhooks.create({ url: WEBHOOK.url, events: ['check.failed'] })).secret).toBe('whsec_AA')
    server.will(json(200, { webhooks: [WEBHOOK] }))
    expect(await webhooks.list()).toEqual([WEBHOOK])
    server.will(json(200, { ...WEBHOOK, enabled: false }))
    expect(await webhooks.update('w-1', { enabled: false })).toMatchObject({ enabled: false })
    server.will(text(204, ''))
    await webhooks.delete('w-1')
    expect(asked()).toEqual([
      'POST /v1/webhooks',
      'GET /v1/webhooks',
      'PATCH /v1/webhooks/w-1',
      'DELETE /v1/webhooks/w-1',
    ])
    expect(JSON.parse(String(server.requests[0]?.body))).toEqual({ url: WEBHOOK.url, events: ['check.failed'] })
  })

  it('are made once, whatever happens to the answer', async () => {
    const { server, muster } = context
    server.will(problem(503, { code: 'UNAVAILABLE', retryable: true }), json(201, WEBHOOK))
    expect(await rejection(muster().webhooks.create({ url: WEBHOOK.url }))).toMatchObject({ code: 'UNAVAILABLE' })
    expect(asked()).toEqual(['POST /v1/webhooks'])
  })

  it('get a new secret once, whatever happens to the answer', async () => {
    const { server, muster } = context
    server.will(json(200, { secret: 'whsec_BB' }))
    expect(await muster().webhooks.rotate('w-1')).toEqual({ secret: 'whsec_BB' })
    server.will(problem(503, { code: 'UNAVAILABLE', retryable: true }))
    expect(await rejection(muster().webhooks.rotate('w-1'))).toMatchObject({ code: 'UNAVAILABLE' })
    expect(asked()).toEqual(['POST /v1/webhooks/w-1/rotate', 'POST /v1/webhooks/w-1/rotate'])
  })

  it('need an id', async () => {
    const { webhooks } = context.muster()
    for (const call of [() => webhooks.rotate(''), () => webhooks.test(''), () => webhooks.delete('')])
      expect(await rejection((async () => call())())).toBeInstanceOf(ConfigurationError)
  })
})

describe('deliveries', () => {
  it('are listed page by page, of one endpoint or of all', async () => {
    const { server, muster } = context
    const page = { deliveries: [], next: null }
    server.will(json(200, page), json(200, page), json(200, page))
    const { webhooks } = muster()
    expect(await webhooks.deliveries()).toEqual(page)
    await webhooks.deliveries({ webhookId: 'w-1' })
    await webhooks.deliveries({ webhookId: 'w-1', before: 'a1', limit: 5 })
    expect(asked()).toEqual([
      'GET /v1/webhooks/deliveries',
      'GET /v1/webhooks/w-1/deliveries',
      'GET /v1/webhooks/w-1/deliveries?before=a1&limit=5',
    ])
  })

  it('are shown one by one, with each call', async () => {
    const { server, muster } = context
    const delivery = { id: 'msg_1', calls: [{ attempt: 1, status: 500, error: 'STATUS_REFUSED', durationMs: 4 }] }
    server.will(json(200, delivery))
    expect(await muster().webhooks.delivery('msg_1')).toEqual(delivery)
    expect(asked()).toEqual(['GET /v1/webhooks/deliveries/msg_1'])
  })

  it('are tried, and sent again one by one or for a time', async () => {
    const { server, muster } = context
    server.will(json(202, { deliveryId: 'msg_1' }), json(202, { replayed: 1 }), json(202, { replayed: 7 }))
    const { webhooks } = muster()
    expect(await webhooks.test('w-1')).toEqual({ deliveryId: 'msg_1' })
    expect(await webhooks.replay('msg_1')).toBe(1)
    const since = new Date('2026-11-20T00:00:00Z')
    expect(await webhooks.replay({ webhookId: 'w-1', since })).toBe(7)
    expect(asked()).toEqual([
      'POST /v1/webhooks/w-1/test',
      'POST /v1/webhooks/deliveries/msg_1/replay',
      'POST /v1/webhooks/w-1/replay',
    ])
    expect(JSON.parse(String(server.requests[2]?.body))).toEqual({ since: '2026-11-20T00:00:00.000Z' })
  })

  it.each([[null], ['text']])('throws for an answer that is not one: %j', async (body) => {
    const { server, muster } = context
    server.will(json(200, body))
    expect(await rejection(muster().webhooks.deliveries())).toMatchObject({ name: 'InvalidAnswerError' })
  })
})

it('a check can name who is called when it is over', async () => {
  const { server, muster } = context
  server.will(finished(aJob('liveness')))
  await muster().liveness({ image: JPEG }, { webhookUrl: 'https://hooks.example/once' })
  expect(server.requests[0]?.body.toString()).toMatch(/name="webhookUrl"\r\n\r\nhttps:\/\/hooks\.example\/once\r\n/)
})
