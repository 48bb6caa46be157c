import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { ROLES } from '../../../infra/domain/role.ts'
import { isAllowed, type Permission } from '../../../infra/http/permissions.ts'
import { FLEET_TENANT, startAutoscalerApp } from '../../fixtures/autoscaler-app.ts'

/** Who may call what: written down apart from the routes, so that one that asks for too little shows. */
const NEEDED: Readonly<Record<string, Permission>> = {
  'GET /v1/pools': 'fleet:read',
  'GET /v1/pools/{pool}': 'fleet:read',
  'GET /v1/pools/{pool}/decisions': 'fleet:read',
  'GET /v1/pools/{pool}/decisions/at': 'fleet:read',
  'GET /v1/pools/{pool}/history': 'fleet:read',
  'GET /v1/pools/{pool}/plan': 'fleet:read',
  'GET /v1/pools/{pool}/demand': 'fleet:read',
  'GET /v1/pools/{pool}/minutes': 'fleet:read',
  'GET /v1/pools/{pool}/bottleneck': 'fleet:read',
  'GET /v1/pools/{pool}/overrides': 'fleet:read',
  'POST /v1/pools/{pool}/overrides': 'fleet:override',
  'DELETE /v1/pools/{pool}/overrides': 'fleet:override',
  'POST /v1/overrides/{id}/confirm': 'fleet:override',
  'GET /v1/schedule': 'fleet:read',
  'GET /v1/schedule/next': 'fleet:read',
  'PUT /v1/schedule/{name}': 'fleet:manage',
  'DELETE /v1/schedule/{name}': 'fleet:manage',
  'GET /v1/capacity': 'fleet:read',
  'GET /v1/drift': 'fleet:read',
  'GET /v1/drift/references': 'fleet:read',
  'PUT /v1/drift/references/{task}': 'fleet:manage',
  'DELETE /v1/drift/references/{task}': 'fleet:manage',
  'GET /v1/nodes': 'fleet:read',
  'POST /v1/nodes/{node}/drain': 'fleet:operate',
  'DELETE /v1/nodes/{node}/drain': 'fleet:operate',
  'GET /v1/triggers': 'fleet:read',
  'GET /v1/session': 'fleet:read',
  'GET /v1/fleet/jobs/{id}': 'fleet:read',
  'GET /v1/cost': 'fleet:read',
  'GET /v1/events': 'fleet:read',
  'GET /v1/fleet/dead-letters': 'fleet:read',
  'POST /v1/fleet/dead-letters/redrive': 'fleet:operate',
}

interface Route {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly permission: string | undefined
  readonly hasBody: boolean
}
type Paths = Record<string, Record<string, { security?: readonly { key: readonly string[] }[]; requestBody?: object }>>

const start = async () => {
  const started = await startAutoscalerApp()
  const { paths } = (await started.app.inject('/openapi.json')).json() as { paths: Paths }
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, { security, requestBody }]): Route => {
      const method = name.toUpperCase() as Route['method']
      const url = path.replace('{pool}', 'checks').replace(/\{[a-z]+\}/, '1')
      const permission = security?.[0]?.key[0]
      return { name: `${method} ${path}`, method, url, permission, hasBody: requestBody !== undefined }
    }),
  )
  const call = async ({ method, url, hasBody }: Route, headers: Record<string, string> = {}) => {
    const payload = hasBody ? { payload: {} } : {}
    const answer = await started.app.inject({ method, url, headers, ...payload, payloadAsStream: true })
    const stream = answer.stream()
    // A stream of events has no end of its own.
    const endless = String(answer.headers['content-type']).startsWith('text/event-stream')
    if (endless) stream.destroy()
    const body = endless ? '' : await text(stream)
    return { statusCode: answer.statusCode, body, json: () => JSON.parse(body) }
  }
  const guarded = routes.filter(({ permission }) => permission !== undefined)
  return { ...started, routes, guarded, call }
}

it('declares for every route who may call it, and its document says the same', async () => {
  const { guarded } = await start()
  expect(Object.fromEntries(guarded.map(({ name, permission }) => [name, permission]))).toEqual(NEEDED)
})

it('keeps nothing public but its health and its document', async () => {
  const { app, routes } = await start()
  const open = routes.filter(({ permission }) => permission === undefined).map(({ name }) => name)
  expect(open.sort()).toEqual(['GET /livez', 'GET /readyz', 'GET /startupz'])
  for (const url of ['/openapi.json', '/docs/']) expect((await app.inject(url)).statusCode).toBe(200)
})

it('asks for a key on every other route', async () => {
  const { guarded, call } = await start()
  for (const route of guarded) {
    const answer = await call(route)
    expect([route.name, answer.statusCode, answer.json().code]).toEqual([route.name, 401, 'UNAUTHENTICATED'])
  }
})

describe('a key of the installation', () => {
  it.each(ROLES)('of role %s may do what its role may, and nothing else', async (role) => {
    const { guarded, call, keyOf } = await start()
    const headers = await keyOf({ role })
    for (const route of guarded) {
      const needed = NEEDED[route.name] as Permission
      const answer = await call(route, headers)
      expect([route.name, answer.statusCode === 403]).toEqual([route.name, !isAllowed(role, needed)])
      if (answer.statusCode === 403) expect(answer.json().detail).toContain(needed)
      else expect([route.name, answer.statusCode < 500]).toEqual([route.name, true])
    }
  })
})

describe('a key of another tenant', () => {
  it.each(ROLES)('of role %s may do nothing here, and that is on the trail', async (role) => {
    const { app, guarded, call, keyOf, deps } = await start()
    const headers = await keyOf({ tenant: 'acme', role })
    for (const route of guarded) {
      const answer = await call(route, headers)
      expect([route.name, answer.statusCode, answer.json().code]).toEqual([route.name, 403, 'FORBIDDEN'])
      expect(answer.body).not.toContain(FLEET_TENANT)
    }
    await app.close()
    const refused = deps.audit.events.filter(({ action, tenant }) => action === 'authz_fail' && tenant === 'acme')
    expect(refused).toHaveLength(guarded.length)
    expect(deps.audit.events).toHaveLength(refused.length)
  })
})
