import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES, type Role } from '../../../infra/domain/role.ts'
import { TASK_NAMES } from '../../../infra/domain/task.ts'
import { isAllowed, type Permission } from '../../../infra/http/permissions.ts'
import { createAuditLog } from '../../../infra/postgres/audit-log.ts'
import { createKeyStore } from '../../../infra/postgres/key-store.ts'
import { createWebhookOutbox } from '../../../infra/postgres/webhook-outbox.ts'
import { createWebhookStore } from '../../../infra/postgres/webhook-store.ts'
import { addKey } from '../../fakes/key-store.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { testWebhooks } from '../../fixtures/webhooks.ts'
import { BODIES, NEEDED } from './access-table.ts'
import { FLEET_TENANT, openServers, type Servers, startReplica } from './replica.ts'

interface Route {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly operationId: string
  readonly security: readonly { readonly key: readonly string[] }[]
  readonly hasBody: boolean
}
type Headers = { readonly authorization: string }

let servers: Servers
let replica: Awaited<ReturnType<typeof startReplica>>
let routes: readonly Route[]
let keyOf: (overrides?: Parameters<typeof addKey>[1]) => Promise<Headers>
beforeAll(async () => {
  servers = await openServers()
  const { db } = servers
  const webhooks = { ...testWebhooks(), store: createWebhookStore(db), outbox: createWebhookOutbox(db) }
  replica = await startReplica(servers, { webhooks, audit: createAuditLog(db) })
  keyOf = async (overrides) => ({ authorization: `Bearer ${await addKey(createKeyStore(db), overrides)}` })
  const { paths } = (await replica.app.inject('/openapi.json')).json() as {
    paths: Record<string, Record<string, Omit<Route, 'method' | 'path'> & { requestBody?: object }>>
  }
  routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, { operationId, security, requestBody }]) => {
      const method = name.toUpperCase() as Route['method']
      return { name: `${method} ${path}`, method, path, operationId, security, hasBody: requestBody !== undefined }
    }),
  )
})
afterAll(async () => {
  await replica?.stop()
  await servers?.close()
})

const call = (headers: object, { method, path, operationId, hasBody }: Route, id = 'nothing') =>
  replica.app.inject({
    method,
    url: path.replace(/\{[a-z]+\}/, id),
    headers: { ...headers, 'x-request-id': 'same' },
    ...(hasBody ? { payload: BODIES[operationId] ?? {} } : {}),
  })

const guarded = (): readonly Route[] => routes.filter(({ security }) => security.length > 0)
/** What is the installation's own: other tenants are refused whatever their role. */
const ofFleet = ({ operationId }: Route): boolean => NEEDED[operationId] === 'models:manage'

it('knows for every route that is not public what it takes to call it, and its document says the same', () => {
  const documented = guarded().map(({ operationId, security }) => [operationId, security[0]?.key[0]])
  expect(Object.fromEntries(documented)).toEqual(NEEDED)
})

it('asks for a key on every route that is not public', async () => {
  for (const route of guarded()) {
    const answer = await call({}, route)
    expect([route.name, answer.statusCode, answer.json().code]).toEqual([route.name, 401, 'UNAUTHENTICATED'])
  }
})

it.each(ROLES)('lets a key of role %s do what its role may, and nothing else', async (role: Role) => {
  const [other, fleet] = [
    await keyOf({ tenant: crypto.randomUUID(), role }),
    await keyOf({ tenant: FLEET_TENANT, role }),
  ]
  for (const route of guarded()) {
    const headers = ofFleet(route) ? fleet : other
    const needed = NEEDED[route.operationId] as Permission
    const answer = await call(headers, route)
    const refused = answer.statusCode === 403
    expect([route.name, refused]).toEqual([route.name, !isAllowed(role, needed)])
    if (refused) expect(answer.json()).toMatchObject({ code: 'FORBIDDEN', detail: expect.stringContaining(needed) })
    else expect([route.name, answer.statusCode < 500]).toEqual([route.name, true])
  }
})

it('lets no key of another tenant near what is the installation’s own', async () => {
  const headers = await keyOf({ tenant: crypto.randomUUID(), role: 'admin' })
  const routesOfFleet = guarded().filter(ofFleet)
  expect(routesOfFleet).toHaveLength(5)
  for (const route of routesOfFleet) {
    const answer = await call(headers, route)
    expect([route.name, answer.statusCode, answer.json().code]).toEqual([route.name, 403, 'FORBIDDEN'])
  }
})

it('lets a key that is limited to one task ask for no other, nor see what another left', async () => {
  const tenant = crypto.randomUUID()
  const headers = await keyOf({ tenant, role: 'submitter', scopes: ['liveness'] })
  for (const task of TASK_NAMES) {
    const answer = await replica.app.inject({ method: 'POST', url: `/v1/${task}`, headers, payload: {} })
    expect([task, answer.statusCode]).toEqual([task, task === 'liveness' ? 400 : 403])
  }
  const { job: liveness } = await servers.jobs.insert(aNewJob({ tenant, task: 'liveness' }))
  const { job: ocr } = await servers.jobs.insert(aNewJob({ tenant, task: 'ocr' }))
  const about = (suffix: string) => guarded().filter(({ path }) => path === `/v1/jobs/{id}${suffix}`)
  for (const route of [...about(''), ...about('/cancel')]) {
    expect([route.name, (await call(headers, route, ocr.id)).statusCode]).toEqual([route.name, 404])
  }
  expect(await servers.jobs.find(tenant, ocr.id)).toEqual(ocr)
  for (const route of [...about('/cancel'), ...about('')]) {
    expect([route.name, (await call(headers, route, liveness.id)).statusCode < 300]).toEqual([route.name, true])
  }
})

/** Something of a tenant, and how its tenant sees it. */
interface Thing {
  readonly id: string
  readonly look: () => Promise<unknown>
}
const unknownUuid = () => crypto.randomUUID()

describe('another tenant', () => {
  let mine: Headers
  let tenant: string
  let foreign: Headers
  beforeAll(async () => {
    tenant = crypto.randomUUID()
    mine = await keyOf({ tenant })
    foreign = await keyOf({ tenant: crypto.randomUUID() })
  })
  const send = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
    (await replica.app.inject({ method, url, headers: mine, ...(payload && { payload }) })).json() as {
      id: string
      deliveryId: string
    }
  const aWebhook = async (): Promise<Thing> => {
    const { id } = await send('POST', '/v1/webhooks', { url: 'https://hooks.corp.example/here' })
    return { id, look: () => send('GET', `/v1/webhooks/${id}`) }
  }

  /** How to make what a route is about, by the beginning of its path; the longest that fits. */
  const MAKERS: Readonly<Record<string, { readonly make: () => Promise<Thing>; readonly unknown: () => string }>> = {
    '/v1/jobs/{id}': {
      make: async () => {
        const { job } = await servers.jobs.insert(aNewJob({ tenant }))
        return { id: job.id, look: () => servers.jobs.find(tenant, job.id) }
      },
      unknown: unknownUuid,
    },
    '/v1/keys/{id}': {
      make: async () => {
        const { id } = await send('POST', '/v1/keys', { name: 'mine' })
        return { id, look: () => createKeyStore(servers.db).find(id) }
      },
      unknown: () => 'AAAAAAAAAAAA',
    },
    '/v1/erasures/{id}': {
      make: async () => {
        const { id } = await send('DELETE', '/v1/subjects/somebody')
        return { id, look: () => send('GET', `/v1/erasures/${id}`) }
      },
      unknown: unknownUuid,
    },
    '/v1/webhooks/{id}': { make: aWebhook, unknown: unknownUuid },
    '/v1/webhooks/deliveries/{id}': {
      make: async () => {
        const { id } = await aWebhook()
        const { deliveryId } = await send('POST', `/v1/webhooks/${id}/test`)
        return { id: deliveryId, look: () => send('GET', `/v1/webhooks/${id}/deliveries`) }
      },
      unknown: () => `msg_${unknownUuid()}`,
    },
  }
  /** They are about what the caller himself has under a reference of his own: nobody else's can be named. */
  const NOT_ABOUT_A_THING = ['/v1/subjects/{subject}', '/v1/subjects/{subject}/hold']
  /** numbers that every tenant's results name alike */
  const SHARED = ['/v1/threshold-sets/{digest}']

  const makerOf = (path: string) =>
    Object.entries(MAKERS)
      .filter(([start]) => path.startsWith(start))
      .sort(([a], [b]) => b.length - a.length)[0]?.[1]

  it('gets 404 on every route about a thing, word for word as for one that never was, and changes nothing', async () => {
    const none = [...NOT_ABOUT_A_THING, ...SHARED]
    const about = guarded().filter((route) => route.path.includes('{') && !none.includes(route.path) && !ofFleet(route))
    expect(about.length).toBeGreaterThanOrEqual(14)
    for (const route of about) {
      const maker = makerOf(route.path)
      if (!maker) throw new Error(`say in MAKERS how to make what ${route.name} is about`)
      const thing = await maker.make()
      const before = await thing.look()
      const [real, never] = [await call(foreign, route, thing.id), await call(foreign, route, maker.unknown())]
      expect([route.name, real.statusCode]).toEqual([route.name, 404])
      expect([route.name, real.body]).toEqual([route.name, never.body])
      expect([route.name, await thing.look()]).toEqual([route.name, before])
      // Its own tenant is not told so: the route would have worked.
      expect([route.name, (await call(mine, route, thing.id)).statusCode < 300]).toEqual([route.name, true])
    }
  })

  it('finds nothing of others in any list', async () => {
    for (const maker of Object.values(MAKERS)) await maker.make()
    const lists = guarded().filter(({ method, path }) => method === 'GET' && !path.includes('{'))
    for (const route of lists.filter(({ operationId }) => operationId !== 'list-models')) {
      expect([route.name, (await call(foreign, route)).body.includes(tenant)]).toEqual([route.name, false])
    }
    const keys = (await replica.app.inject({ url: '/v1/keys', headers: foreign })).json() as { keys: unknown[] }
    expect(keys.keys).toHaveLength(1)
    const webhooks = (await replica.app.inject({ url: '/v1/webhooks', headers: foreign })).json()
    expect(webhooks).toEqual({ webhooks: [] })
  })
})
