import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ConfigurationError,
  type UnwrapOptions,
  unwrapWebhook,
  type WebhookHeaders,
  WebhookVerificationError,
} from '../../../../api/client/client.ts'
import { makeWebhookSecret, signedHeaders } from '../../../../api/webhooks/sign.ts'
import { rejection } from './setup.ts'

const NOW = Date.parse('2026-11-21T10:00:00Z')
const SECRET = makeWebhookSecret(randomBytes)
const EVENT = {
  type: 'check.succeeded',
  timestamp: '2026-11-21T09:59:59.000Z',
  data: { id: '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e', task: 'liveness', status: 'succeeded' },
}
const BODY = JSON.stringify(EVENT)

const sign = (secrets: readonly string[] = [SECRET], body = BODY, atMs = NOW) =>
  signedHeaders(secrets, { id: 'msg_1', atMs, body })
const unwrap = (
  headers: WebhookHeaders = sign(),
  body: string | Uint8Array | ArrayBuffer = BODY,
  secret: string | readonly string[] = SECRET,
  options: UnwrapOptions = {},
) => unwrapWebhook(body, headers, secret, { now: NOW, ...options })
const codeOf = async (promise: Promise<unknown>) => {
  const error = await rejection(promise)
  expect(error).toBeInstanceOf(WebhookVerificationError)
  return (error as WebhookVerificationError).code
}

describe('a webhook from the service', () => {
  it('is read', async () => expect(await unwrap()).toEqual(EVENT))

  it('is read from bytes as they came', async () => {
    const bytes = new TextEncoder().encode(BODY)
    expect(await unwrap(sign(), bytes)).toEqual(EVENT)
    expect(await unwrap(sign(), bytes.buffer)).toEqual(EVENT)
    expect(await unwrap(sign(), Buffer.from(BODY))).toEqual(EVENT)
  })

  it('is read with headers of fetch and of any spelling', async () => {
    expect(await unwrap(new Headers(sign()))).toEqual(EVENT)
    const upper = Object.fromEntries(Object.entries(sign()).map(([name, value]) => [name.toUpperCase(), value]))
    expect(await unwrap(upper)).toEqual(EVENT)
  })

  it('is believed by the published vector of the standard', async () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    }
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const ask = (body: string) => unwrapWebhook(body, headers, secret, { now: 1_614_265_330_000 })
    // Signed, but no event of ours.
    expect(await codeOf(ask('{"test": 2432232314}'))).toBe('WEBHOOK_BODY_INVALID')
    expect(await codeOf(ask('{"test": 2432232315}'))).toBe('WEBHOOK_SIGNATURE_REFUSED')
  })

  it('is believed while either side rotates its secrets', async () => {
    const next = makeWebhookSecret(randomBytes)
    expect(await unwrap(sign([next, SECRET]))).toEqual(EVENT)
    expect(await unwrap(sign([SECRET]), BODY, [next, SECRET])).toEqual(EVENT)
    expect(await unwrap(sign(), BODY, SECRET.replace('whsec_', ''))).toEqual(EVENT)
  })

  it('is believed beside signatures of other kinds', async () => {
    const headers = sign()
    const signatures = `v1a,AAAA v2,BBBB v1,!!! ${headers['webhook-signature']}`
    expect(await unwrap({ ...headers, 'webhook-signature': signatures })).toEqual(EVENT)
  })
})

describe('what is not believed', () => {
  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('a call without %s', async (name) => {
    expect(await codeOf(unwrap({ ...sign(), [name]: undefined }))).toBe('WEBHOOK_HEADERS_MISSING')
    expect(await codeOf(unwrap({ ...sign(), [name]: '' }))).toBe('WEBHOOK_HEADERS_MISSING')
    expect(await codeOf(unwrap({ ...sign(), [name]: ['a', 'b'] }))).toBe('WEBHOOK_HEADERS_MISSING')
  })

  it.each([301_000, -301_000, 86_400_000, -86_400_000])('a clock that is %i ms off', async (offMs) =>
    expect(await codeOf(unwrap(sign([SECRET], BODY, NOW + offMs)))).toBe('WEBHOOK_TIMESTAMP_REFUSED'),
  )

  it.each([300_000, -300_000, 0])('but a clock that is %i ms off is', async (offMs) =>
    expect(await unwrap(sign([SECRET], BODY, NOW + offMs))).toEqual(EVENT),
  )

  it.each(['now', '-1', '1.5', '1e9', '', ' 1'])('a time that is %j', async (timestamp) => {
    const code = await codeOf(unwrap({ ...sign(), 'webhook-timestamp': timestamp }))
    expect(code).toBe(timestamp === '' ? 'WEBHOOK_HEADERS_MISSING' : 'WEBHOOK_TIMESTAMP_REFUSED')
  })

  it('another secret, another id, another time, another body', async () => {
    const refused = 'WEBHOOK_SIGNATURE_REFUSED'
    expect(await codeOf(unwrap(sign(), BODY, makeWebhookSecret(randomBytes)))).toBe(refused)
    expect(await codeOf(unwrap({ ...sign(), 'webhook-id': 'msg_2' }))).toBe(refused)
    expect(await codeOf(unwrap({ ...sign(), 'webhook-timestamp': String(NOW / 1000 + 1) }))).toBe(refused)
    expect(await codeOf(unwrap(sign(), `${BODY} `))).toBe(refused)
    expect(await codeOf(unwrap({ ...sign(), 'webhook-signature': 'v1,' }))).toBe(refused)
    expect(await codeOf(unwrap({ ...sign(), 'webhook-signature': 'nothing' }))).toBe(refused)
  })

  it('any body with a bit turned', async () => {
    const bytes = Buffer.from(BODY)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const turned = Buffer.from(bytes)
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(await codeOf(unwrap(sign(), turned))).toBe('WEBHOOK_SIGNATURE_REFUSED')
      }),
    )
  })

  it.each(['', 'null', '[]', '{}', '{"type":1}', 'not json'])('a signed body that is no event: %j', async (body) =>
    expect(await codeOf(unwrap(sign([SECRET], body), body))).toBe('WEBHOOK_BODY_INVALID'),
  )

  it.each(['', 'whsec_', 'whsec_%%%'])('a secret that cannot be one: %j', async (secret) =>
    expect(await rejection(unwrap(sign(), BODY, secret))).toBeInstanceOf(ConfigurationError),
  )

  it('no secret at all', async () =>
    expect(await rejection(unwrap(sign(), BODY, []))).toBeInstanceOf(ConfigurationError))
})
