import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEY_CACHE_MS } from '../../../infra/http/authenticate.ts'
import { createKeyStore } from '../../../infra/postgres/key-store.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { addKey } from '../../fakes/key-store.ts'
import { openServers, type Servers, startReplica } from './replica.ts'

type Replica = Awaited<ReturnType<typeof startReplica>>

let servers: Servers
let one: Replica
let two: Replica
let laterMs = 0
const audit = createMemoryAuditLog()
beforeAll(async () => {
  servers = await openServers()
  // Two replicas on one hurried clock: half a minute is over when the test says so.
  const clock = { now: () => systemClock.now() + laterMs, monotonic: () => systemClock.monotonic() + laterMs }
  one = await startReplica(servers, { clock, audit })
  two = await startReplica(servers, { clock, audit })
})
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()])
  await servers?.close()
})

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const start = async () => {
  const tenant = `keys-${crypto.randomUUID().slice(0, 8)}`
  const admin = bearer(await addKey(createKeyStore(servers.db), { tenant }))
  const ask = (method: 'GET' | 'POST' | 'DELETE' | 'PUT', url: string, payload?: object, headers: object = admin) =>
    one.app.inject({ method, url, headers: { ...headers }, ...(payload && { payload }) })
  const make = async (body: object) => (await ask('POST', '/v1/keys', body)).json() as { id: string; key: string }
  return { tenant, admin, ask, make }
}
const status = async ({ app }: Replica, key: string) =>
  (await app.inject({ url: '/v1/tenant', headers: bearer(key) })).statusCode

it('a key that is revoked through one replica is refused by all half a minute later at the latest', async () => {
  const { ask, make } = await start()
  const { id, key } = await make({ name: 'to be revoked' })
  expect([await status(one, key), await status(two, key)]).toEqual([200, 200])
  expect((await ask('DELETE', `/v1/keys/${id}`)).statusCode).toBe(204)
  laterMs += KEY_CACHE_MS
  expect([await status(one, key), await status(two, key)]).toEqual([401, 401])
  expect(KEY_CACHE_MS).toBeLessThanOrEqual(30_000)
})

describe('rotation', () => {
  it('lets the old and the new key work until the grace is over, then the new one alone', async () => {
    const { ask, make } = await start()
    const old = await make({ name: 'app', role: 'viewer', scopes: ['ocr'] })
    const answer = await ask('POST', `/v1/keys/${old.id}/rotate`, { graceMs: 3_600_000 })
    expect(answer.statusCode).toBe(201)
    const next = answer.json() as { id: string; key: string }
    expect(next).toMatchObject({ name: 'app', role: 'viewer', scopes: ['ocr'], rotatedFrom: old.id, expiresAt: null })
    expect([await status(one, old.key), await status(two, next.key)]).toEqual([200, 200])
    laterMs += 3_600_000 + KEY_CACHE_MS
    expect([await status(one, old.key), await status(two, old.key)]).toEqual([401, 401])
    expect([await status(one, next.key), await status(two, next.key)]).toEqual([200, 200])
  })

  it('is refused for a key that is no longer in use', async () => {
    const { ask, make } = await start()
    const { id } = await make({ name: 'app' })
    await ask('DELETE', `/v1/keys/${id}`)
    expect((await ask('POST', `/v1/keys/${id}/rotate`, {})).json()).toMatchObject({ status: 409, code: 'KEY_NOT_LIVE' })
  })
})

describe('a new key', () => {
  it('is a submitter’s unless told, of the tenant that asked, and can be seen once', async () => {
    const { admin, tenant, ask, make } = await start()
    const made = await make({ name: 'app' })
    expect(made).toMatchObject({ role: 'submitter', scopes: [], createdBy: admin.authorization.split('_')[2] })
    expect(await createKeyStore(servers.db).find(made.id)).toMatchObject({ key: { tenant } })
    const list = await ask('GET', '/v1/keys')
    expect(list.json()).toMatchObject({ keys: [{ role: 'admin' }, { id: made.id }] })
    expect(list.body).not.toContain(made.key)
  })

  it.each([
    ['no body', undefined],
    ['no name', {}],
    ['a role there is not', { name: 'x', role: 'root' }],
    ['a task there is not', { name: 'x', scopes: ['everything'] }],
    ['scopes of an admin', { name: 'x', role: 'admin', scopes: ['ocr'] }],
    ['another tenant', { name: 'x', tenant: 'other' }],
    ['a secret of the caller’s choice', { name: 'x', secretSha256: 'ab' }],
  ])('is refused with %s', async (_what, body) => {
    const { ask } = await start()
    expect((await ask('POST', '/v1/keys', body)).statusCode).toBe(400)
  })

  it('and its end are on the trail, without the key', async () => {
    const { ask, make, tenant } = await start()
    const { id, key } = await make({ name: 'app' })
    const next = (await ask('POST', `/v1/keys/${id}/rotate`, {})).json() as { id: string; key: string }
    await ask('DELETE', `/v1/keys/${next.id}`)
    const mine = audit.events.filter((event) => event.tenant === tenant)
    expect(mine.map(({ action, target }) => [action, target])).toEqual([
      ['authn_token_created', id],
      ['authn_token_rotated', id],
      ['authn_token_revoked', next.id],
    ])
    for (const secret of [key, next.key]) expect(JSON.stringify(audit.events)).not.toContain(secret.split('_')[3])
  })
})

describe('a tenant', () => {
  it('may shorten how long its data stays, and lengthen it again up to the default', async () => {
    const { ask, tenant } = await start()
    const settings = async (body: object) => (await ask('PUT', '/v1/tenant', body)).json() as { settings: object }
    expect(await settings({ pictureTtlMs: 60_000 })).toMatchObject({ name: tenant, settings: { pictureTtlMs: 60_000 } })
    expect(await settings({ resultTtlMs: 0 })).toMatchObject({ settings: { pictureTtlMs: 60_000, resultTtlMs: 0 } })
    expect(await settings({ pictureTtlMs: null })).toMatchObject({ settings: { pictureTtlMs: 86_400_000 } })
    expect(await settings({ pictureTtlMs: 86_400_001 })).toMatchObject({
      status: 400,
      errors: [{ pointer: '/pictureTtlMs' }],
    })
  })

  it.each(['weight', 'maxInFlightCount', 'ratePerSecond', 'burstCount'])('may not raise its own %s', async (name) => {
    const { ask } = await start()
    expect((await ask('PUT', '/v1/tenant', { [name]: 1_000_000 })).statusCode).toBe(400)
    expect(((await ask('GET', '/v1/tenant')).json() as { settings: object }).settings).toHaveProperty(name)
  })
})
