import { expect, it } from 'vitest'
import { STREAM_LIMITS } from '../../../autoscaler/console/event-streams.ts'
import { KEY_BUCKET, SPAN_WEIGHT } from '../../../autoscaler/limit-keys.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { startAutoscalerApp } from '../../fixtures/autoscaler-app.ts'

/** An app whose time passes when it is told to. */
const start = async (keyBucket = { ratePerSecond: 1, burstCount: 20 }) => {
  let ms = 0
  const clock = { now: systemClock.now, monotonic: () => ms }
  const started = await startAutoscalerApp({ clock }, { keyBucket })
  const pass = (more: number): void => {
    ms += more
  }
  const viewer = await started.keyOf({ role: 'viewer' })
  const times = async (count: number, url: string, who = viewer) => {
    const codes: number[] = []
    for (let round = 0; round < count; round += 1) codes.push((await started.ask('GET', url, undefined, who)).status)
    return codes
  }
  return { ...started, pass, viewer, times }
}

const all = (status: number, count: number): readonly number[] => Array.from({ length: count }, () => status)

it('refuses a key that asks too fast, says how long to wait, and nobody else', async () => {
  const { app, auth, keyOf, pass, times, viewer } = await start()
  expect(await times(21, '/v1/session')).toEqual([...all(200, 20), 429])
  const { statusCode, headers, body } = await app.inject({ url: '/v1/nodes', headers: viewer })
  expect([statusCode, headers['retry-after']]).toEqual([429, '1'])
  expect(JSON.parse(body)).toMatchObject({
    ...{ code: 'RATE_LIMITED', retryable: true, 'violated-policies': ['requests'] },
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  })
  expect(await times(1, '/v1/session', auth)).toEqual([200])
  expect(await times(1, '/v1/session', await keyOf({ role: 'viewer' }))).toEqual([200])
  pass(2_000)
  expect(await times(3, '/v1/session')).toEqual([200, 200, 429])
})

it('never refuses what needs no key', async () => {
  const { app, times } = await start()
  await times(21, '/v1/session')
  for (const url of ['/livez', '/readyz', '/openapi.json']) expect((await app.inject(url)).statusCode).toBe(200)
})

it.each([
  '/v1/pools/checks/history',
  '/v1/pools/checks/minutes',
  '/v1/pools/checks/demand',
  '/v1/pools/checks/bottleneck',
  '/v1/cost',
])('lets %s, which reads hours or days, weigh as much as ten others', async (url) => {
  const { times, app, viewer } = await start()
  expect(await times(3, url)).toEqual([200, 200, 429])
  const refused = await app.inject({ url, headers: viewer })
  expect(refused.headers['retry-after']).toBe('10')
})

it('starts no stream of events for a key that asks too fast', async () => {
  const { times } = await start()
  await times(20, '/v1/session')
  expect(await times(1, '/v1/events')).toEqual([429])
})

it('has room for as many pages of a pool as a key may have streams', async () => {
  // What a page asks for while somebody looks at it, as its sources say: spans, then the rest.
  const perSecond = SPAN_WEIGHT * (1 / 10 + 1 / 10 + 1 / 15) + 2 / 15 + 1 / 30 + 1 / 120
  expect(perSecond * STREAM_LIMITS.maxPerKey).toBeLessThan(KEY_BUCKET.ratePerSecond)
  const { times } = await start(KEY_BUCKET)
  const page = async () => [
    ...(await times(1, '/v1/session')),
    ...(await times(1, '/v1/pools/checks/history')),
    ...(await times(1, '/v1/pools/checks/minutes')),
    ...(await times(1, '/v1/pools/checks/bottleneck')),
    ...(await times(1, '/v1/pools/checks/decisions')),
    ...(await times(1, '/v1/pools/checks/overrides')),
    ...(await times(1, '/v1/nodes')),
  ]
  for (let opened = 0; opened < 15; opened += 1) expect(await page()).not.toContain(429)
})
