import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NodeStore } from '../../../infra/ports/node-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createNodeStore } from '../../../infra/postgres/node-store.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { aWish } from '../../fixtures/nodes.ts'
import { type OwnDatabase, ownDatabase } from '../../fixtures/own-database.ts'
import { silence } from '../../fixtures/silence.ts'
import { until } from '../worker/node/a-node.ts'
import type { AnAllocation } from './an-allocation.ts'
import { anAllocation, anEngine, leavesNothing } from './open-allocations.ts'

/** Nobody listens there. */
const AWAY = 'postgres://muster:x@127.0.0.1:9/muster'
const secrets = mkdtempSync(join(tmpdir(), 'muster-gate-secrets-'))
let own: OwnDatabase
let db: Database
let store: NodeStore

beforeAll(async () => {
  own = await ownDatabase('gate')
  await migrate(own.url, silence().log)
  db = openPool({ url: own.url, maxCount: 2 })
  store = createNodeStore(db)
})
afterAll(async () => {
  await db.end()
  await own.drop()
  rmSync(secrets, { recursive: true, force: true })
})

const aMachine = () => `rack-${crypto.randomUUID().slice(0, 8)}`
const found = async (name: string) => (await store.list(1_000)).nodes.filter((one) => one.name === name)
const told = (name: string, state: string) =>
  until(`${name} is told to be ${state}`, async () => {
    const [node] = await found(name)
    return node?.state === state && node
  })
/** So much later by the database, and it has been heard of: whoever looks after it has looked meanwhile. */
const heardFor = (name: string, ms: number) =>
  told(name, 'drained').then(({ seenAt: since }) =>
    until('it was heard of since', async () => ((await found(name))[0]?.seenAt ?? 0) > since + ms),
  )
const ask = async ({ env }: AnAllocation, path: string) => {
  const answer = await fetch(`http://127.0.0.1:${env.NOMAD_PORT_admin}${path}`).catch(() => undefined)
  return { status: answer?.status, text: await answer?.text() }
}
const databaseFile = (name: string) => join(secrets, name)
/** What the gate reads before each connection. */
const writeDatabase = (name: string, url: string) => writeFileSync(databaseFile(name), url, { mode: 0o600 })
const ownOf = (name: string, env: Record<string, string> = {}) => {
  writeDatabase(name, own.url)
  return {
    ...{ NODE_NAME: name, NODE_ZONE: 'rack-row-3', NODE_TELL_MS: '500', WORKER_POOL: 'checks' },
    ...{ DATABASE_URL_FILE: databaseFile(name), WORKER_TASK_MODULE: 'drains=300', ...env },
  }
}
const startCounts = (engine: ReturnType<typeof anEngine>) => engine.containers('worker').map((one) => one.startCount)

describe('an allocation of workers in containers', () => {
  it('is one node of the fleet, with what its workers say, until it ends', async () => {
    const [engine, name] = [anEngine(), aMachine()]
    const allocation = await anAllocation(engine, ownOf(name))
    await engine.healthy(2)
    const node = await told(name, 'ready')
    expect(node).toMatchObject({ zone: 'rack-row-3', pools: ['checks'], version: expect.stringMatching(/^\d+\.\d+/) })
    expect(node.workers.map(({ index }) => index)).toEqual([0, 1])
    for (const worker of node.workers)
      expect(worker).toMatchObject({
        ...{ pool: 'checks', state: 'ready', devices: ['cpu'], models: 'light@1.0.0', inHand: 0 },
        ...{ pid: null, restarts: null },
      })
    expect(await found(name)).toHaveLength(1)
    expect(await allocation.stop()).toBe(0)
    expect(await found(name)).toEqual([])
    await leavesNothing(engine, allocation)
  })

  it('is drained: its workers finish and stay away, Nomad’s check stays well, and they start again when it is over', async () => {
    const [engine, name] = [anEngine(), aMachine()]
    const allocation = await anAllocation(engine, ownOf(name))
    await engine.healthy(2)
    await told(name, 'ready')
    await store.drain(aWish({ node: name }))
    expect((await told(name, 'drained')).workers).toEqual([])
    expect(allocation.events('drained')).toHaveLength(2)
    await heardFor(name, 2_500)
    const answer = await ask(allocation, '/readyz')
    expect([answer.status, JSON.parse(answer.text ?? '')]).toMatchObject([200, { status: 'drained', ready: 0 }])
    expect(startCounts(engine)).toEqual([1, 1])
    expect(allocation.process.exitCode).toBeNull()

    await store.release(name)
    await engine.healthy(2)
    await told(name, 'ready')
    expect(startCounts(engine)).toEqual([2, 2])
    expect(allocation.events('told-again')).toEqual([])
    expect(await allocation.stop()).toBe(0)
    await leavesNothing(engine, allocation)
  })

  it('begins with no worker while it is drained, also when it was killed, and with all of them when that is over', async () => {
    const [engine, name] = [anEngine(), aMachine()]
    await store.drain(aWish({ node: name }))
    const killed = await anAllocation(engine, ownOf(name))
    await told(name, 'drained')
    await killed.kill()
    const next = await anAllocation(engine, ownOf(name), { id: killed.id })
    await until('it looks after them', () => next.output.includes('no worker starts'))
    await heardFor(name, 1_500)
    expect([killed.events('started'), engine.containers('worker')]).toEqual([[], []])
    expect((await ask(next, '/readyz')).status).toBe(200)
    await store.release(name)
    await engine.healthy(2)
    await told(name, 'ready')
    expect(await next.stop()).toBe(0)
    await leavesNothing(engine, next)
  })

  it('ends in order while it is drained, and when it is told to in the middle of a drain', async () => {
    const [engine, name] = [anEngine(), aMachine()]
    await store.drain(aWish({ node: name }))
    const drained = await anAllocation(engine, ownOf(name))
    await told(name, 'drained')
    expect(await drained.stop()).toBe(0)
    await store.release(name)

    const draining = await anAllocation(engine, ownOf(name, { WORKER_TASK_MODULE: 'drains=2000' }))
    await engine.healthy(2)
    await told(name, 'ready')
    await store.drain(aWish({ node: name }))
    await until('its workers drain', () => draining.events('draining').length === 2)
    expect(await draining.stop()).toBe(0)
    expect([draining.events('drained').length, draining.events('told-again')]).toEqual([2, []])
    await leavesNothing(engine, draining)
  })
})

describe('a database that is away', () => {
  const goAway = async (name: string) => {
    writeDatabase(name, AWAY)
    await own.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name like 'muster gate%'`,
    )
  }

  it('neither wakes a drained allocation, nor does a gate that was killed meanwhile', async () => {
    const [engine, name] = [anEngine(), aMachine()]
    const allocation = await anAllocation(engine, ownOf(name, { WORKERS_COUNT: '1' }))
    await told(name, 'ready')
    await store.drain(aWish({ node: name }))
    await told(name, 'drained')
    await goAway(name)
    await until('it cannot tell', () => allocation.output.includes('the last wish holds'))
    expect(await ask(allocation, '/wish')).toEqual({ status: 200, text: 'rest\n' })
    for (const { pid } of engine.containers('gate')) process.kill(pid, 'SIGKILL')
    await until('another gate does not know', async () => (await ask(allocation, '/wish')).text === 'unknown\n')
    await until('it has said so twice', () => allocation.output.split('the last wish holds').length > 2)
    expect([startCounts(engine), allocation.process.exitCode]).toEqual([[1], null])

    await store.release(name)
    writeDatabase(name, own.url)
    await engine.healthy(1)
    await told(name, 'ready')
    expect(await allocation.stop()).toBe(0)
    await leavesNothing(engine, allocation)
  })

  it('keeps none from work that was not drained', async () => {
    const [engine, name] = [anEngine(), aMachine()]
    const env = ownOf(name, { WORKERS_COUNT: '1' })
    writeDatabase(name, AWAY)
    const allocation = await anAllocation(engine, env)
    await engine.healthy(1)
    await until('the check is well', async () => (await ask(allocation, '/readyz')).status === 200)
    expect(await found(name)).toEqual([])
    expect(await allocation.stop()).toBe(0)
    await leavesNothing(engine, allocation)
  })
})
