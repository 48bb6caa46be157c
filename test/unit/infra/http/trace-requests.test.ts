import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { type RequestTraceRules, traceRequests } from '../../../../infra/http/trace-requests.ts'
import { createMemoryTracer } from '../../../fakes/tracer.ts'

const CALLER = { traceparent: `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`, tracestate: 'vendor=secret' }
const LINK: RequestTraceRules = { callers: 'link', tenants: false }

const start = async (rules = LINK, records = true) => {
  const { tracer, spans } = createMemoryTracer(() => records)
  const app = Fastify()
  app.decorateRequest('muster')
  traceRequests(app, tracer, rules)
  app.addHook('onRequest', async (request) => {
    const principal = { tenant: 'acme', keyId: 'k', role: 'submitter', scopes: null } as never
    request.muster = { startedAt: 0, principal, jobId: 'job-1', serverTiming: '' }
  })
  const context = () => ({ trace: tracer.active()?.context })
  app.post('/v1/subjects/:subject', { config: { task: 'ocr' } }, async () => context())
  app.get('/broken', async () => {
    throw new Error('broken')
  })
  app.get('/livez', { config: { quiet: true } }, async () => context())
  const { promise: arrived, resolve } = Promise.withResolvers<void>()
  app.get('/slow', (_request, reply) => {
    reply.hijack()
    resolve()
  })
  await app.ready()
  return { app, spans, arrived }
}

const post = (app: Awaited<ReturnType<typeof start>>['app'], headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/v1/subjects/erika?mustermann=1', headers, payload: { a: 1 } })

describe('a request', () => {
  it('is a span by the conventions for HTTP, without its path, its query or who sent it', async () => {
    const { app, spans } = await start()
    const answer = await post(app)
    expect(spans).toMatchObject([{ name: 'POST /v1/subjects/:subject', kind: 'server', links: [], error: undefined }])
    expect(spans[0]?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/subjects/:subject',
      'http.response.status_code': 200,
      'url.path': '/v1/subjects/:subject',
      'url.scheme': 'http',
      'muster.task': 'ocr',
      'muster.job.id': 'job-1',
      'muster.request.id': expect.any(String),
    })
    expect(answer.json().trace).toEqual(spans[0]?.context)
  })

  it('is active in its handler also after its body was read', async () => {
    const { app, spans } = await start()
    const answers = await Promise.all([post(app), post(app)])
    const active = answers.map((answer) => answer.json().trace.traceparent).sort()
    expect(active).toEqual(spans.map(({ context }) => context.traceparent).sort())
  })

  it('names the tenant only where that is wanted', async () => {
    const { app, spans } = await start({ ...LINK, tenants: true })
    await post(app)
    expect(spans[0]?.attributes['muster.tenant']).toBe('acme')
  })

  it('is linked to what a stranger sent, without his state, and decides by itself', async () => {
    const { app, spans } = await start()
    await post(app, CALLER)
    expect(spans[0]).toMatchObject({ parent: undefined, links: [{ traceparent: CALLER.traceparent }] })
    expect(JSON.stringify(spans)).not.toContain('vendor')
    const quiet = await start(LINK, false)
    const answer = await post(quiet.app, CALLER)
    expect(quiet.spans).toEqual([])
    expect(answer.json().trace.traceparent).toMatch(/-00$/)
  })

  it('is part of the trace of a caller who may decide', async () => {
    const { app, spans } = await start({ callers: 'parent', tenants: false }, false)
    const answer = await post(app, CALLER)
    expect(spans[0]).toMatchObject({ parent: CALLER.traceparent, links: [] })
    expect(answer.json().trace.tracestate).toBe(CALLER.tracestate)
    await post(app, { traceparent: `${CALLER.traceparent.slice(0, -1)}0` })
    expect(spans).toHaveLength(1)
  })

  it('fails with the status where that is our fault', async () => {
    const { app, spans } = await start()
    await app.inject('/broken')
    await app.inject('/nowhere/erika')
    expect(spans).toMatchObject([
      { name: 'GET /broken', error: '500' },
      { name: 'GET', error: undefined, attributes: { 'url.path': '/', 'http.response.status_code': 404 } },
    ])
  })

  it('ends when its caller goes away', async () => {
    const { app, spans, arrived } = await start()
    const caller = new AbortController()
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const asked = fetch(`${url}/slow`, { signal: caller.signal })
    await arrived
    caller.abort()
    await expect(asked).rejects.toThrow()
    await expect.poll(() => spans).toMatchObject([{ name: 'GET /slow', error: 'CALLER_GONE' }])
    expect(spans[0]?.attributes).not.toHaveProperty('http.response.status_code')
    await app.close()
  })

  it('that machines ask all the time is none', async () => {
    const { app, spans } = await start()
    expect((await app.inject('/livez')).json()).toEqual({})
    expect(spans).toEqual([])
  })
})
