import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { LogFields, Logger } from '../../../infra/ports/logger.ts'
import { createMetrics } from '../../../infra/runtime/metrics.ts'
import { type Api, startApi } from '../../fixtures/api.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { PERSON } from '../../fixtures/forms.ts'
import { aNewJob } from '../../fixtures/jobs.ts'

const image = { base64: PERSON.toString('base64') }

const listeningLog = () => {
  const lines: { level: string; message: string; fields: LogFields }[] = []
  const at = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, message, fields })
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log }
  return { log, lines }
}

describe('every answer', () => {
  it('carries a request id and a server timing, and may not be cached', async () => {
    const { app, auth } = await startApi()
    const urls = [
      '/livez',
      '/nothing',
      '/v1/models',
      '/v1/%zz',
      `/v1/jobs/${'x'.repeat(200)}`,
      '/docs/',
      '/openapi.json',
    ]
    for (const url of urls) {
      const { headers } = await app.inject({ url, headers: auth })
      expect([url, headers]).toEqual([
        url,
        expect.objectContaining({
          'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
          'server-timing': expect.stringMatching(/total;dur=\d/),
        }),
      ])
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  it.each([
    ['abc-1.2:3_4', true],
    ['x'.repeat(129), false],
    ['a b', false],
    ['<script>', false],
  ])('keeps the request id %j: %j', async (id, kept) => {
    const { app } = await startApi()
    const answer = await app.inject({ url: '/livez', headers: { 'x-request-id': id } })
    expect(answer.headers['x-request-id'] === id).toBe(kept)
  })

  it.each([
    ['PUT', '/livez', 'GET, HEAD'],
    ['GET', '/v1/ocr', 'POST'],
    ['OPTIONS', '/v1/ocr', 'POST'],
    ['PATCH', '/v1/jobs/1', 'DELETE, GET, HEAD'],
    ['DELETE', '/openapi.json', 'GET, HEAD'],
  ] as const)('to %s %s says what is allowed instead', async (method, url, allow) => {
    const { app } = await startApi()
    const answer = await app.inject({ method, url, ...(method === 'PUT' && { payload: 'text' }) })
    expect(answer.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' })
    expect(answer.headers.allow).toBe(allow)
  })
})

describe('an error', () => {
  it('of ours is told without details and logged once', async () => {
    const { log, lines } = listeningLog()
    const { app, auth, deps } = await startApi(() => ({ log }))
    vi.spyOn(deps.jobs, 'find').mockRejectedValueOnce(new TypeError('secret of a row'))
    const answer = await app.inject({ url: '/v1/jobs/01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e', headers: auth })
    expect(answer.json()).toMatchObject({ status: 500, code: 'INTERNAL', retryable: true })
    expect(answer.body).not.toMatch(/secret|TypeError|at /)
    const errors = lines.filter(({ level }) => level === 'error')
    expect(errors).toMatchObject([
      { fields: { requestId: answer.headers['x-request-id'], error: { name: 'TypeError' } } },
    ])
  })

  it('of a server that is away says when to try again', async () => {
    const { app, auth, deps } = await startApi()
    vi.spyOn(deps.jobs, 'insert').mockRejectedValue(new UnavailableError('postgres', new Error('secret')))
    const answer = await app.inject({ method: 'POST', url: '/v1/ocr', headers: auth, payload: { image } })
    expect(answer.json()).toMatchObject({ status: 503, code: 'UNAVAILABLE', retryable: true })
    expect(answer.headers['retry-after']).toBe('2')
    expect(answer.body).not.toContain('secret')
  })
})

describe('the log', () => {
  it('has one line a request, with its ids and nothing of the person', async () => {
    const { log, lines } = listeningLog()
    const { app, auth, work } = await startApi(() => ({ log }))
    await work()
    const answer = await app.inject({ method: 'POST', url: '/v1/liveness', headers: auth, payload: { image } })
    await eventually(() => expect(lines.filter(({ message }) => message === 'request')).toHaveLength(1))
    expect(lines[0]).toEqual({
      level: 'info',
      message: 'request',
      fields: {
        requestId: answer.headers['x-request-id'],
        method: 'POST',
        route: '/v1/liveness',
        status: 200,
        ms: expect.any(Number),
        keyId: auth.authorization.split('_')[2],
        jobId: answer.json().id,
      },
    })
  })

  it('leaves out what machines ask all the time', async () => {
    const { log, lines } = listeningLog()
    const { app } = await startApi(() => ({ log }))
    await app.inject('/readyz')
    expect(lines.map(({ level }) => level)).toEqual(['debug'])
  })
})

it('counts and times what happens to requests', async () => {
  const { metrics, registry } = createMetrics('api')
  const { app, auth, work } = await startApi(() => ({ metrics }))
  await work()
  await app.inject({ method: 'POST', url: '/v1/liveness', headers: auth, payload: { image } })
  await app.inject({ method: 'POST', url: '/v1/liveness', headers: auth, payload: {} })
  const text = await registry.metrics()
  for (const hop of ['admit', 'store', 'insert', 'publish', 'reply'])
    expect(text).toContain(`muster_hop_duration_seconds_count{service="api",hop="${hop}",task="liveness"} 1`)
  expect(text).toContain('muster_jobs_submitted_total{task="liveness",reason="",service="api"} 1')
  expect(text).toContain('muster_jobs_refused_total{task="liveness",reason="invalid_request",service="api"} 1')
  expect(text).toContain('muster_waiting_callers{service="api"} 0')
})

const callRaw = async ({ app, auth }: Api, ...lines: readonly string[]): Promise<Socket> => {
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const [request = '', ...rest] = lines
  const head = [request, 'host: a', 'prefer: wait=60', `authorization: ${auth.authorization}`]
  socket.write([...head, ...rest].join('\r\n'))
  return socket
}

it('does not wait for a caller who has gone before his job was made', async () => {
  const api = await startApi()
  const { jobs, completions } = api.deps
  const insert = jobs.insert.bind(jobs)
  const { promise: gone, resolve: go } = Promise.withResolvers<void>()
  const inserting = vi.spyOn(jobs, 'insert').mockImplementation(async (job) => {
    await gone
    return insert(job)
  })
  const body = JSON.stringify({ image })
  const head = ['content-type: application/json', `content-length: ${body.length}`, '', body]
  const socket = await callRaw(api, 'POST /v1/liveness HTTP/1.1', ...head)
  await eventually(() => expect(inserting).toHaveBeenCalled())
  socket.destroy()
  await eventually(() => {
    const { promise, resolve } = Promise.withResolvers<number>()
    api.app.server.getConnections((_error, count) => resolve(count))
    return expect(promise).resolves.toBe(0)
  })
  go()
  await eventually(() => expect(jobs.all()).toHaveLength(1))
  await eventually(() => expect(completions.waiterCount()).toBe(0))
  await api.app.close()
})

it('drops a waiter whose caller has gone, and lets the job go on', async () => {
  const api = await startApi()
  const { app, deps } = api
  const { job } = await deps.jobs.insert(aNewJob({ tenant: 'acme' }))
  const socket = await callRaw(api, `GET /v1/jobs/${job.id} HTTP/1.1`, '', '')
  await eventually(() => expect(deps.completions.waiterCount()).toBe(1))
  socket.destroy()
  await eventually(() => expect(deps.completions.waiterCount()).toBe(0))
  expect(await deps.jobs.find('acme', job.id)).toMatchObject({ state: 'queued' })
  await app.close()
})
