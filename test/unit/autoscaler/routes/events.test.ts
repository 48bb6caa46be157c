import type { Readable } from 'node:stream'
import { expect, it, onTestFinished, vi } from 'vitest'
import { FEED_TIMES } from '../../../../autoscaler/console/live-feed.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aKept } from '../../../fixtures/decisions.ts'
import { readEvents } from '../../../fixtures/event-stream.ts'

const start = async (more: Parameters<typeof startAutoscalerApp>[0] = {}) => {
  const started = await startAutoscalerApp(more, { feedTimes: { ...FEED_TIMES, pollMs: 20 } })
  onTestFinished(() => started.app.close())
  const listen = async (headers: Readonly<Record<string, string>> = {}) => {
    const answer = await started.app.inject({
      url: '/v1/events',
      headers: { ...started.auth, ...headers },
      payloadAsStream: true,
    })
    const stream: Readable = answer.stream()
    return { answer, ...readEvents(stream) }
  }
  return { ...started, listen }
}

it('tells how everything stands as the routes do, and then what people do', async () => {
  const { deps, ask, listen } = await start()
  await deps.decisions.begin(aKept({ at: Date.now() - 1_000, nextAt: Date.now() + 60_000 }))
  const { answer, of, events } = await listen()
  expect(answer.statusCode).toBe(200)
  expect(answer.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  await expect
    .poll(() => events.map(({ event }) => event))
    .toEqual(expect.arrayContaining(['pools', 'decision', 'overrides', 'nodes', 'dead-letters', 'drift']))
  const { pools } = (await ask('GET', '/v1/pools')).body
  expect(of('pools')[0]?.data.pools).toEqual(pools)
  expect(of('decision')[0]?.data.decision).toEqual((await ask('GET', '/v1/pools/checks')).body.decision)
  expect(of('overrides')[0]?.data).toEqual({ overrides: [] })
  expect(of('dead-letters')[0]?.data).toEqual({ count: 0 })
  await ask('POST', '/v1/pools/checks/overrides', { command: 'pin checks 3 for 1h because <b>of</b> a test' })
  await expect.poll(() => of('overrides').at(-1)?.data.overrides.length).toBe(1)
  expect(of('overrides').at(-1)?.data.overrides[0]).toMatchObject({ state: 'holds', reason: '<b>of</b> a test' })
  await ask('POST', '/v1/pools/papers/overrides', { command: 'pin papers 3 for 2d because of two' })
  await expect.poll(() => of('overrides').at(-1)?.data.overrides[1]?.state).toBe('pending')
})

it('does not care what was heard before: it tells everything', async () => {
  const { listen } = await start()
  for (const id of ['0', 'x'.repeat(8_000), '-1\u2028', '99999999999999999999'].map(encodeURIComponent)) {
    const { answer, of } = await listen({ 'last-event-id': id })
    expect(answer.statusCode).toBe(200)
    await expect.poll(() => of('pools').length).toBe(1)
  }
})

it('does not keep the process from ending', async () => {
  const { app, listen } = await start()
  const streams = await Promise.all([listen(), listen(), listen()])
  await app.drain()
  await Promise.all(streams.map(({ done }) => done))
  for (const { of } of streams) expect(of('end')).toEqual([])
})

it('has nothing to tell while the database is away', async () => {
  const away = async () => {
    throw new UnavailableError('postgres', new Error('gone'))
  }
  const { app, auth } = await start({ decisions: { list: away, at: away, looks: away } })
  const answer = await app.inject({ url: '/v1/events', headers: auth })
  expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '2'])
})

it('opens as many streams of a key as it may, and says when to come again', async () => {
  const { app, auth, listen } = await start()
  await Promise.all(Array.from({ length: 20 }, () => listen()))
  const answer = await app.inject({ url: '/v1/events', headers: auth })
  expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([
    429,
    'TOO_MANY_STREAMS',
    '10',
  ])
})

it('answers no HEAD, which would be a stream that nobody reads', async () => {
  const { app, auth } = await start()
  expect((await app.inject({ method: 'HEAD', url: '/v1/events', headers: auth })).statusCode).toBe(405)
})

it('lets nobody listen without a key of the installation', async () => {
  const { app, keyOf } = await start()
  expect((await app.inject({ url: '/v1/events' })).statusCode).toBe(401)
  const stranger = await keyOf({ tenant: 'acme', role: 'admin' })
  expect((await app.inject({ url: '/v1/events', headers: stranger })).statusCode).toBe(403)
})

it('ends within 35 s of its key being revoked, and says so', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  let ahead = 0
  const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead }
  const { deps, keyOf, listen, app } = await start({ clock })
  const headers = await keyOf({ role: 'viewer' })
  const { of, done, isOver } = await listen(headers)
  const other = await listen()
  await expect.poll(() => of('pools').length).toBe(1)
  const pass = async (ms: number) => {
    ahead += ms
    await vi.advanceTimersByTimeAsync(ms)
  }
  await deps.keys.revoke(headers.authorization.split('_')[2] ?? '')
  // What was asked of a key lately is believed for a while.
  await pass(5_000)
  expect(isOver()).toBe(false)
  await pass(30_000)
  await done
  expect(of('end')[0]?.data).toEqual({ why: 'this API key has been revoked' })
  expect(other.isOver()).toBe(false)
  expect((await app.inject({ url: '/v1/events', headers })).statusCode).toBe(401)
})
