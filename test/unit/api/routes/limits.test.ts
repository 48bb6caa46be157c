import { expect, it, vi } from 'vitest'
import type { TenantSettings } from '../../../../infra/domain/tenant.ts'
import { noDispatcher } from '../../../../infra/runtime/no-dispatcher.ts'
import { createMemoryDispatcher } from '../../../fakes/dispatcher.ts'
import { startApi } from '../../../fixtures/api.ts'
import { PERSON } from '../../../fixtures/forms.ts'

const image = { base64: PERSON.toString('base64') }

const start = async (settings: Partial<TenantSettings>, dispatcher = createMemoryDispatcher()) => {
  const tenants = { find: async () => settings, set: vi.fn(), list: async () => [] }
  const api = await startApi(() => ({ dispatcher, tenants }))
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
    await vi.waitFor(async () => expect((await dispatcher.load('liveness')).heldCount).toBe(0))
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
  await vi.waitFor(async () => expect((await post({ image })).statusCode).toBe(202))
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
