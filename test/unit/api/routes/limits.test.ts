import { describe, expect, it, vi } from 'vitest'
import type { AppConfig } from '../../../../api/app.ts'
import type { TenantSettings } from '../../../../infra/domain/tenant.ts'
import { noDispatcher } from '../../../../infra/runtime/no-dispatcher.ts'
import { createMemoryDispatcher } from '../../../fakes/dispatcher.ts'
import { startApi } from '../../../fixtures/api.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { PERSON } from '../../../fixtures/forms.ts'
import { aCapacity, anOffer } from '../../../fixtures/offers.ts'

const image = { base64: PERSON.toString('base64') }

const start = async (
  settings: Partial<TenantSettings>,
  dispatcher = createMemoryDispatcher(),
  config: Partial<AppConfig> = {},
) => {
  const tenants = { find: async () => settings, set: vi.fn(), list: async () => [] }
  const api = await startApi(() => ({ dispatcher, tenants }), config)
  const post = (payload: object, headers: Readonly<Record<string, string>> = {}) =>
    api.app.inject({
      method: 'POST',
      url: '/v1/liveness',
      headers: { ...api.auth, prefer: 'wait=0', ...headers },
      payload,
    })
  return { ...api, dispatcher, post }
}

it('tells the limits and what is left of them with an answer, a refusal and a mistake', async () => {
  const { post } = await start({ ratePerSecond: 0.001, burstCount: 2, maxInFlightCount: 7 })
  const policy = '"rate";q=2;w=2000, "in-flight";q=7;qu="concurrent-requests"'
  const accepted = await post({ image })
  expect(accepted.statusCode).toBe(202)
  expect(accepted.headers['ratelimit-policy']).toBe(policy)
  expect(accepted.headers.ratelimit).toBe('"rate";r=1;t=1000, "in-flight";r=6')
  const wrong = await post({ nothing: true })
  expect([wrong.statusCode, wrong.headers['ratelimit-policy']]).toEqual([400, policy])
  const refused = await post({ image })
  expect(refused.statusCode).toBe(429)
  expect(refused.headers.ratelimit).toMatch(/^"rate";r=0;t=\d+, "in-flight";r=\d$/)
  expect(refused.json()).toMatchObject({
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    code: 'RATE_LIMITED',
    retryable: true,
    'violated-policies': ['rate'],
  })
})

it('gives the place back of a request that came to nothing', async () => {
  const { post, dispatcher } = await start({ maxInFlightCount: 1 })
  for (let count = 0; count < 3; count += 1) {
    expect((await post({ nothing: true })).statusCode).toBe(400)
    await eventually(async () => expect((await dispatcher.load('liveness')).heldCount).toBe(0))
  }
  expect((await post({ image })).statusCode).toBe(202)
  expect((await post({ image })).json()).toMatchObject({
    code: 'TOO_MANY_IN_FLIGHT',
    'violated-policies': ['in-flight'],
  })
})

it('gives the place back with a job that is canceled', async () => {
  const { app, auth, post } = await start({ maxInFlightCount: 1 })
  const { id } = (await post({ image })).json() as { id: string }
  await app.inject({ method: 'POST', url: `/v1/jobs/${id}/cancel`, headers: auth })
  await eventually(async () => expect((await post({ image })).statusCode).toBe(202))
})

it('holds tenants to their rate by itself while there is no dispatcher', async () => {
  const { post, foreign } = await start(
    { ratePerSecond: 0.001, burstCount: 1 },
    {
      ...noDispatcher,
      flush: () => {},
    },
  )
  expect((await post({ image })).statusCode).toBe(202)
  expect((await post({ image })).json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' })
  expect((await post({ image }, foreign)).statusCode).toBe(202)
})

it('answers a repetition where a new job would be one too many', async () => {
  const { post, work, app, auth } = await start({ maxInFlightCount: 1 })
  const first = await post({ image }, { 'idempotency-key': 'once' })
  expect(first.statusCode).toBe(202)
  const again = await post({ image }, { 'idempotency-key': 'once' })
  expect([again.statusCode, again.json()]).toMatchObject([202, { id: first.json().id }])
  expect((await post({ image }, { 'idempotency-key': 'other' })).json()).toMatchObject({ code: 'TOO_MANY_IN_FLIGHT' })
  const mismatch = await post({ image, store: false }, { 'idempotency-key': 'once' })
  expect(mismatch.json()).toMatchObject({ status: 422, code: 'IDEMPOTENCY_MISMATCH' })
  await work()
  const replayed = await post({ image }, { 'idempotency-key': 'once', prefer: 'wait=5' })
  expect([replayed.statusCode, replayed.json()]).toMatchObject([200, { id: first.json().id, status: 'succeeded' }])
  expect((await app.inject({ url: `/v1/jobs/${first.json().id}`, headers: auth })).json().attempts).toBe(1)
})

it('does not let a repetition pass the rate', async () => {
  const { post } = await start({ ratePerSecond: 0.001, burstCount: 1 })
  expect((await post({ image }, { 'idempotency-key': 'once' })).statusCode).toBe(202)
  expect((await post({ image }, { 'idempotency-key': 'once' })).json()).toMatchObject({ code: 'RATE_LIMITED' })
})

describe('a job with a deadline of its own', () => {
  const slow = async (config: Partial<AppConfig> = {}) => {
    const api = await start({}, createMemoryDispatcher(), config)
    await api.dispatcher.announce(aCapacity({ pool: 'liveness', slots: 4, ratePerSecond: 1 }))
    const jobs = Array.from({ length: 100 }, () => anOffer({ tenant: 'other', weight: 100, pool: 'liveness' }))
    await api.dispatcher.dispatch(jobs)
    return api
  }

  it('is taken when it is longer than the lane’s and long enough, refused when it is not', async () => {
    const { post } = await slow()
    expect((await post({ image })).json()).toMatchObject({ status: 429, code: 'OVERLOADED' })
    expect((await post({ image, deadlineMs: 61_000 })).json()).toMatchObject({ status: 429, code: 'OVERLOADED' })
    expect((await post({ image, deadlineMs: 3_600_000 })).statusCode).toBe(202)
  })

  it('is not looked for where memory for bodies is short', async () => {
    const { post } = await slow({ maxBodiesBytes: 1_500_000 })
    const large = { image: { base64: 'A'.repeat(1_000_000) }, deadlineMs: 3_600_000 }
    expect((await post(large)).json()).toMatchObject({ status: 429, code: 'OVERLOADED' })
    expect((await post({ image, deadlineMs: 3_600_000 })).statusCode).toBe(202)
  })
})
