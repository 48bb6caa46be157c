import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { makeWebhookSecret, signedHeaders } from '../../../../api/webhooks/sign.ts'

/** @source Standard Webhooks 1.0.0, test vector of its libraries */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  call: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', atMs: 1_614_265_330_999, body: '{"test": 2432232314}' },
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

it('signs as the standard does', () => {
  expect(signedHeaders([VECTOR.secret], VECTOR.call)).toEqual({
    'webhook-id': VECTOR.call.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': VECTOR.signature,
  })
})

it('signs with every secret that still counts, the current one first', () => {
  const other = makeWebhookSecret(randomBytes)
  const { 'webhook-signature': signatures } = signedHeaders([other, VECTOR.secret], VECTOR.call)
  expect(signatures?.split(' ')).toHaveLength(2)
  expect(signatures?.split(' ')[1]).toBe(VECTOR.signature)
})

it('makes secrets of 32 bytes that nobody has seen', () => {
  const [one, other] = [makeWebhookSecret(randomBytes), makeWebhookSecret(randomBytes)]
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(Buffer.from(one.slice('whsec_'.length), 'base64')).toHaveLength(32)
  expect(one).not.toBe(other)
})
