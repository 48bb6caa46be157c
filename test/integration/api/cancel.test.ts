import { type ClientRequest, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { createKey } from '../../../scripts/keys.ts'
import { testSealer } from '../../fixtures/encryption.ts'
import { PERSON } from '../../fixtures/forms.ts'
import { startScriptedWorker } from '../../fixtures/scripted-worker.ts'
import { openServers, type Servers, startReplica } from './replica.ts'

type Replica = Awaited<ReturnType<typeof startReplica>>

const WAIT = { timeout: 30_000, interval: 20 }
const TENANT = `cancel-${crypto.randomUUID().slice(0, 8)}`
const payload = { image: { base64: PERSON.toString('base64') } }
let servers: Servers
let one: Replica
let two: Replica
let auth: { authorization: string }
beforeAll(async () => {
  servers = await openServers()
  one = await startReplica(servers)
  two = await startReplica(servers)
  await one.app.listen({ host: '127.0.0.1', port: 0 })
  const key = await createKey(process.env.DATABASE_URL as string, { tenant: TENANT, name: 'cancel' })
  auth = { authorization: `Bearer ${key}` }
})
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()])
  await servers?.close()
})

const submit = (headers: Record<string, string>) =>
  one.app.inject({ method: 'POST', url: '/v1/liveness', headers: { ...auth, ...headers }, payload })
const accepted = async (headers: Record<string, string>): Promise<{ id: string }> => {
  const answer = await submit(headers)
  expect([answer.statusCode, answer.body]).toEqual([202, expect.any(String)])
  return answer.json()
}
const cancel = ({ app }: Replica, id: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: `/v1/jobs/${id}/cancel`, headers: { ...auth, ...headers } })
const stateOf = async (id: string) => (await servers.jobs.find(TENANT, id))?.state

/** A caller on a connection of his own. */
const connected = (headers: Record<string, string>): ClientRequest => {
  const { port } = one.app.server.address() as AddressInfo
  const body = JSON.stringify(payload)
  const how = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...auth, ...headers }
  const sent = request({ port, path: '/v1/liveness', method: 'POST', headers: how, agent: false })
  sent.on('error', () => {})
  sent.end(body)
  return sent
}

/** A worker whose model holds the first batch until the test is over. */
const startBusyWorker = async () => {
  const [busy, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const sizes: number[] = []
  const worker = await startScriptedWorker(servers, servers.pool, {
    get: servers.blobs.get,
    sealer: testSealer,
    async infer({ length }) {
      sizes.push(length)
      busy.resolve()
      await go.promise
    },
  })
  onTestFinished(worker.end)
  const blocker = await accepted({ prefer: 'wait=0' })
  await busy.promise
  return { blocker, sizes, go: go.resolve }
}

it('a waiting caller is told when his running job is canceled through another replica, and its batch goes on', async () => {
  const { blocker, sizes, go } = await startBusyWorker()
  const waiting = submit({ prefer: 'wait=60', 'idempotency-key': 'the-one' })
  const others = await Promise.all([accepted({ prefer: 'wait=0' }), accepted({ prefer: 'wait=0' })])
  const { id } = await accepted({ prefer: 'wait=0', 'idempotency-key': 'the-one' })
  await vi.waitFor(async () => expect(await stateOf(id)).toBe('running'), WAIT)

  const canceled = await cancel(two, id, { prefer: 'wait=30' })
  expect([canceled.statusCode, canceled.json()]).toEqual([200, expect.objectContaining({ id, status: 'canceled' })])
  const told = await waiting
  expect([told.statusCode, told.json()]).toEqual([
    200,
    expect.objectContaining({ id, status: 'canceled', result: null }),
  ])
  expect(await stateOf(blocker.id)).toBe('running')

  go()
  const ids = [blocker, ...others].map((job) => job.id)
  await vi.waitFor(async () => expect(await Promise.all(ids.map(stateOf))).toEqual(Array(3).fill('succeeded')), WAIT)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(3)
  expect((await cancel(one, id)).json()).toMatchObject({ status: 'canceled' })
  expect((await cancel(one, blocker.id)).json()).toMatchObject({ status: 409, code: 'JOB_FINISHED' })
})

it('fifty callers who go away leave no waiter behind, and their jobs go with them where they asked for that', async () => {
  const { blocker, go } = await startBusyWorker()
  const before = new Set((await servers.db.query<{ id: string }>(OF_TENANT, [TENANT])).rows.map(({ id }) => id))
  const callers = Array.from({ length: 50 }, (_, index) =>
    connected({ prefer: index % 2 ? 'wait=60, cancel-on-disconnect' : 'wait=60' }),
  )
  await vi.waitFor(() => expect(one.completions.waiterCount()).toBe(50), WAIT)
  for (const caller of callers) caller.destroy()
  await vi.waitFor(() => expect(one.completions.waiterCount()).toBe(0), WAIT)
  const fresh = async () => {
    const { rows } = await servers.db.query<{ id: string; state: string }>(OF_TENANT, [TENANT])
    return Map.groupBy(
      rows.filter(({ id }) => !before.has(id)),
      ({ state }) => state,
    )
  }
  await vi.waitFor(async () => expect((await fresh()).get('canceled')).toHaveLength(25), WAIT)
  expect(await stateOf(blocker.id)).toBe('running')
  go()
  await vi.waitFor(async () => expect((await fresh()).get('succeeded')).toHaveLength(25), WAIT)
})

const OF_TENANT = { name: 'test.of-tenant', text: 'select id, state from job where tenant = $1' }
