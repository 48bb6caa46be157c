import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Exchange, Muster, TimeoutError } from '../../../../api/client/client.ts'
import { Scope } from '../../../../api/client/scope.ts'
import { Transport } from '../../../../api/client/transport.ts'
import {
  accepted,
  aJob,
  finished,
  json,
  type Line,
  problem,
  reset,
  resetMidAnswer,
  startScriptedServer,
  text,
} from './scripted-server.ts'
import { fakeTimers, JPEG, rejection, useServer } from './setup.ts'

const context = useServer()
const done = finished(aJob('liveness'))

describe('a request that fails in passing', () => {
  it.each<[string, Line]>([
    ['408', problem(408)],
    ['429', problem(429)],
    ['500', problem(500)],
    ['502 with a page for people', text(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' })],
    ['503', problem(503)],
    ['409 that says it may be retried', problem(409, { retryable: true })],
    ['a reset connection', reset],
    ['a connection reset in the middle of the answer', resetMidAnswer],
    ['broken JSON', text(200, '{"id": "job-', { 'content-type': 'application/json' })],
  ])('is sent again with the same key and the same bytes after %s', async (_, failure) => {
    const { server, muster } = context
    server.will(failure, failure, done)
    const { live } = await muster().liveness({ image: JPEG })
    expect(live).toBe(true)
    expect(server.requests).toHaveLength(3)
    const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(1)
    for (const request of server.requests) {
      const image = (await request.form()).get('image') as File
      expect(new Uint8Array(await image.arrayBuffer())).toEqual(JPEG)
    }
  })

  it('is sent again with the same bytes when the picture was a stream', async () => {
    const { server, muster } = context
    server.will(reset, done)
    await muster().liveness({ image: new Blob([JPEG]).stream() })
    const [first, second] = await Promise.all(
      server.requests.map(async (request) => (await request.form()).get('image')),
    )
    expect(new Uint8Array(await (second as File).arrayBuffer())).toEqual(JPEG)
    expect((first as File).size).toBe(JPEG.length)
  })

  it('is given up after two retries', async () => {
    const { server, muster, timers } = context
    server.will(...Array.from({ length: 5 }, () => problem(503, { code: 'UNAVAILABLE' })))
    expect(await rejection(muster().liveness({ image: JPEG }))).toMatchObject({ name: 'UnavailableError' })
    expect(server.requests).toHaveLength(3)
    expect(timers.pauses).toEqual([500, 1_000])
  })

  it.each([
    [{}, { maxRetries: 4 }, 5],
    [{ maxRetries: 0 }, {}, 1],
    [{ maxRetries: 4 }, { maxRetries: 1 }, 2],
  ])('is sent as often as the client %j and the call %j say', async (client, call, count) => {
    const { server, muster } = context
    server.will(...Array.from({ length: 9 }, () => problem(503)))
    await rejection(muster(client).liveness({ image: JPEG }, call))
    expect(server.requests).toHaveLength(count)
  })

  it.each([
    ['in seconds', '4', 4_000],
    ['as a date', 'Fri, 20 Nov 2026 09:00:09 GMT', 9_000],
  ])('waits as long as the service asks %s', async (_, retryAfter, ms) => {
    const { server, muster, timers } = context
    server.will(problem(429, {}, { 'retry-after': retryAfter }), done)
    await muster().liveness({ image: JPEG })
    expect(timers.pauses).toEqual([ms])
  })

  it('counts retries for each request of a call on its own', async () => {
    const { server, muster } = context
    server.will(problem(503), problem(503), accepted(), problem(503), reset, done)
    const { live } = await muster().liveness({ image: JPEG })
    expect(live).toBe(true)
  })
})

describe('a request that will not get better', () => {
  it.each<[string, Line]>([
    ['400', problem(400)],
    ['401', problem(401)],
    ['409', problem(409)],
    ['413', problem(413)],
    ['422', problem(422)],
    ['500 that says it is final', problem(500, { retryable: false })],
    ['429 that asks for more than a minute', problem(429, {}, { 'retry-after': '61' })],
    ['JSON that is no job', json(200, { ok: true })],
    ['a job in a state that does not exist', json(200, { ...aJob('liveness'), status: 'paused' })],
    ['a job that succeeded without a result', json(200, { ...aJob('liveness'), result: null })],
    ['a success without a body', text(200, '')],
    ['a redirect', text(308, '', { location: 'http://127.0.0.1:1/v1/liveness' })],
  ])('is sent once: %s', async (_, failure) => {
    const { server, muster } = context
    server.will(failure, done)
    await rejection(muster().liveness({ image: JPEG }))
    expect(server.requests).toHaveLength(1)
  })
})

describe('one attempt', () => {
  it('ends when its answer is long overdue, and another is made', async () => {
    const { server } = context
    let signal: AbortSignal | undefined
    const calls: string[] = []
    const fetch: typeof globalThis.fetch = (input, init) => {
      calls.push(String(input))
      if (calls.length > 1) return globalThis.fetch(input, init)
      signal = init?.signal ?? undefined
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    }
    server.will(json(200, {}))
    const timers = fakeTimers()
    const scope = new Scope(timers, 60_000)
    const transport = new Transport({ apiKey: 'k', baseUrl: server.url, maxRetries: 1, fetch, onExchange: undefined })
    // Only the first attempt is in a hurry.
    const prefer = () => ({ header: 'wait=0', waitMs: calls.length === 0 ? -9_980 : 0 })
    const answer = await transport.send({ method: 'GET', to: '/v1/models', prefer }, scope).finally(() => scope.end())
    expect(answer.status).toBe(200)
    expect(signal?.aborted).toBe(true)
    expect(calls).toHaveLength(2)
  })

  it('that was overdue to the last is a TimeoutError', async () => {
    const fetch: typeof globalThis.fetch = (_, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    const scope = new Scope(fakeTimers(), 60_000)
    const transport = new Transport({ apiKey: 'k', baseUrl: 'http://x', maxRetries: 0, fetch, onExchange: undefined })
    const prefer = () => ({ header: 'wait=0', waitMs: -9_980 })
    const thrown = await rejection(transport.send({ method: 'GET', to: '/', prefer }, scope).finally(() => scope.end()))
    expect(thrown).toBeInstanceOf(TimeoutError)
    expect(thrown).toMatchObject({ retryable: true, message: 'no answer within 20 ms' })
  })
})

describe('an answer', () => {
  it('counts when it comes before the pictures were read', async () => {
    const server = createServer((_, response) => {
      response.writeHead(429, { 'content-type': 'application/problem+json', connection: 'close' })
      response.end(JSON.stringify({ code: 'OVERLOADED', retryable: false }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const picture = new Uint8Array(4_000_000)
    const thrown = await rejection(context.muster({ baseUrl }).faceMatch({ source: picture, target: picture }))
    expect(thrown).toMatchObject({ name: 'RateLimitError', code: 'OVERLOADED' })
    server.closeAllConnections()
    server.close()
  })
})

describe('onExchange', () => {
  it('is told of each attempt, without key, query or picture', async () => {
    const { server, muster } = context
    const exchanges: Exchange[] = []
    server.will(problem(503, { code: 'UNAVAILABLE' }), reset, done)
    await muster({ onExchange: (exchange) => exchanges.push(exchange) }).liveness({ image: JPEG })
    const common = { method: 'POST', path: '/v1/liveness' }
    expect(exchanges).toEqual([
      { ...common, attempt: 1, durationMs: 0, status: 503, requestId: 'req-1', error: 'UNAVAILABLE', retryInMs: 500 },
      { ...common, attempt: 2, durationMs: 0, error: 'CONNECTION', retryInMs: 1_000 },
      { ...common, attempt: 3, durationMs: 0, status: 200, requestId: 'req-1' },
    ])
  })
})

describe('a service that is not there', () => {
  it('is a ConnectionError that names the origin and the reason', async () => {
    const gone = await startScriptedServer()
    await gone.close()
    const muster = new Muster({ baseUrl: gone.url, apiKey: 'k', timers: fakeTimers() })
    const thrown = await rejection(muster.models.list())
    expect(thrown).toMatchObject({
      name: 'ConnectionError',
      code: 'CONNECTION',
      retryable: true,
      status: undefined,
      message: `no answer from ${gone.url}: ECONNREFUSED`,
    })
  })
})
