import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { addRequestContext } from '../../../infra/http/request-context.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { type Api, startApi } from '../../fixtures/api.ts'
import { PERSON } from '../../fixtures/forms.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly public: boolean
}

/** Every route of the api, as its own document lists them, and those the document leaves out. */
const routesOf = async ({ app }: Api): Promise<readonly Route[]> => {
  const { paths } = (await app.inject('/openapi.json')).json() as {
    paths: Record<string, Record<string, { security?: unknown[] }>>
  }
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      method: method.toUpperCase() as Route['method'],
      url: path.replace('{id}', '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e').replace('{*}', 'content'),
      public: security?.length === 0,
    })),
  )
  const hidden = ['/openapi.json', '/docs/', '/docs/js/scalar.js'].map(
    (url) => ({ method: 'GET', url, public: true }) as const,
  )
  return [...documented, ...hidden]
}

it('asks for a key on every route that is not public, and on no other', async () => {
  const api = await startApi()
  const routes = await routesOf(api)
  expect(routes.length).toBeGreaterThanOrEqual(15)
  for (const route of routes) {
    const answer = await api.app.inject({ method: route.method, url: route.url })
    const asked = answer.statusCode === 401
    expect([route.method, route.url, asked]).toEqual([route.method, route.url, !route.public])
    if (asked) {
      expect(answer.json().code).toBe('UNAUTHENTICATED')
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="muster"')
    }
  }
})

it('keeps exactly these routes public', async () => {
  const routes = (await routesOf(await startApi())).filter((route) => route.public)
  expect(routes.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
    'GET /docs/',
    'GET /docs/js/scalar.js',
    'GET /livez',
    'GET /openapi.json',
    'GET /readyz',
    'GET /startupz',
    'PUT /v1/uploads/content',
  ])
})

describe('another tenant', () => {
  const requests: readonly [string, (id: string) => object][] = [
    ['looks at a job', (id) => ({ method: 'GET', url: `/v1/jobs/${id}` })],
    ['waits for a job', (id) => ({ method: 'GET', url: `/v1/jobs/${id}`, headers: { prefer: 'wait=5' } })],
    ['cancels a job', (id) => ({ method: 'POST', url: `/v1/jobs/${id}/cancel` })],
    ['erases a job', (id) => ({ method: 'DELETE', url: `/v1/jobs/${id}` })],
  ]
  it.each(requests)('that %s gets the answer of a job that never was', async (_what, request) => {
    const { app, deps, foreign } = await startApi()
    const { job } = await deps.jobs.insert(aNewJob({ tenant: 'acme' }))
    const answers = await Promise.all(
      [job.id, '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e'].map(async (id) => {
        const { headers = {}, ...rest } = request(id) as { headers?: object }
        const answer = await app.inject({ ...rest, headers: { ...headers, ...foreign, 'x-request-id': 'same' } })
        return [answer.statusCode, answer.body]
      }),
    )
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.[0]).toBe(404)
    expect(await deps.jobs.find('acme', job.id)).toEqual(job)
  })

  it('cannot use an upload, nor an idempotency key', async () => {
    const { app, deps, auth, foreign } = await startApi()
    await deps.blobs.put('uploads/01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e/acme', PERSON, 'image/jpeg')
    const send = (headers: object) =>
      app.inject({
        method: 'POST',
        url: '/v1/ocr',
        headers: { ...headers, prefer: 'respond-async', 'idempotency-key': 'once' },
        payload: { image: { uploadId: '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e' } },
      })
    expect((await send(auth)).statusCode).toBe(202)
    expect((await send(foreign)).json()).toMatchObject({ status: 422, code: 'UPLOAD_NOT_FOUND' })
  })
})

describe('a route that does not say who may call it', () => {
  const build = (): FastifyInstance => {
    const app = Fastify()
    const authenticate = async () => ({ tenant: 'acme', keyId: 'k', role: 'viewer', scopes: [] }) as const
    const audit = createMemoryAuditLog()
    addRequestContext(app, { authenticate, audit, clock: systemClock, log: silence().log })
    return app
  }

  it('keeps the process from starting, also deep in a plugin', async () => {
    const app = build()
    app.get('/declared', { config: { access: 'public' } }, async () => 'ok')
    app.register(async (scope) => {
      scope.get('/forgotten', async () => 'secret')
    })
    await expect(app.ready()).rejects.toThrow('routes without a declared permission: /forgotten')
  })

  it('is the only thing that does', async () => {
    const app = build()
    app.get('/declared', { config: { access: 'public' } }, async () => 'ok')
    await expect(app.ready()).resolves.toBeDefined()
  })
})
