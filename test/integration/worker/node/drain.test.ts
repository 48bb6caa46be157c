import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FleetNode, nodeState, SILENT_MS } from '../../../../infra/domain/fleet-node.ts'
import type { NodeStore } from '../../../../infra/ports/node-store.ts'
import { createNodeStore } from '../../../../infra/postgres/node-store.ts'
import { aWish } from '../../../fixtures/nodes.ts'
import { ANode, until } from './a-node.ts'
import { openRealServers, type RealServers, WORKER_PROGRAM } from './real-pool.ts'

const ALL = 10_000
const nodes: ANode[] = []
let servers: RealServers
let store: NodeStore

beforeAll(async () => {
  servers = await openRealServers()
  store = createNodeStore(servers.db)
})

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.destroy()))
})

afterAll(() => servers.close())

const aNode = (name: string, pool: string, count: number, env: Record<string, string>) => {
  const own = { NODE_NAME: name, NODE_ZONE: 'rack-row-3', NODE_WORKER_PROGRAM: WORKER_PROGRAM, NODE_TELL_MS: '500' }
  const node = new ANode(`${pool}=${count}`, { ...env, ...own })
  nodes.push(node)
  return node
}

const aName = () => `node-${crypto.randomUUID().slice(0, 8)}`
const found = async (name: string) => (await store.list(ALL)).nodes.find((one) => one.name === name)
const told = (name: string, state: string) =>
  until(`${name} is told to be ${state}`, async () => {
    const node = await found(name)
    return node?.state === state && node
  })

describe('a node with real workers', () => {
  it('tells the fleet what it is, and that it leaves', async () => {
    const { pool, env } = await servers.aPool()
    const name = aName()
    const node = aNode(name, pool, 2, env)
    await node.settled(pool, 2)
    const seen = await told(name, 'ready')
    expect(seen).toMatchObject({ zone: 'rack-row-3', pools: [pool], version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    expect(seen.workers).toHaveLength(2)
    for (const worker of seen.workers)
      expect(worker).toMatchObject({ pool, state: 'ready', devices: ['cpu'], models: 'scripted@1.0.0', restarts: 0 })
    expect(seen.devices.map((device) => device.name)).toContain('cpu')
    expect(seen.devices.find((device) => device.name === 'cpu')).toMatchObject({ utilisationRatio: null, gpu: null })
    node.process.kill('SIGTERM')
    expect((await node.ended).code).toBe(0)
    expect(await found(name)).toBeUndefined()
  })

  it('is drained while jobs run: it loses none, another takes over, and it works again when it is released', async () => {
    const { pool, env } = await servers.aPool()
    const [name, other] = [aName(), aName()]
    const node = aNode(name, pool, 1, env)
    await node.settled(pool, 1)
    const jobs = await Promise.all(Array.from({ length: 8 }, () => servers.submit(pool, { do: 'slow', ms: 200 })))
    const elsewhere = aNode(other, pool, 1, env)
    await store.drain(aWish({ node: name }))
    const drained = await told(name, 'drained')
    expect(drained.workers).toEqual([])
    for (const line of node.logged('a worker has left')) expect(line).toMatchObject({ code: 0, forced: false })
    expect(await (await node.fetch('/readyz')).json()).toEqual({ status: 'drained' })
    expect((await node.fetch('/livez')).status).toBe(200)
    expect((await node.report()).pools[pool]).toMatchObject({ desired: 1, running: 0 })
    await elsewhere.settled(pool, 1)
    for (const job of jobs) expect(await job.in('succeeded')).toMatchObject({ attempt: 1 })
    expect(await (await servers.submit(pool, { echo: 'elsewhere' })).in('succeeded')).toMatchObject({ attempt: 1 })

    await store.release(name)
    await node.settled(pool, 1)
    await told(name, 'ready')
  })

  it('is drained still when it was started anew, and begins with no work', async () => {
    const { pool, env } = await servers.aPool()
    const name = aName()
    await store.drain(aWish({ node: name, reason: 'a new card' }))
    const node = aNode(name, pool, 1, env)
    await told(name, 'drained')
    expect(node.pids.size).toBe(0)
    expect(node.logged('the node is drained: its workers finish and end')).toMatchObject([{ reason: 'a new card' }])
    await store.release(name)
    await node.settled(pool, 1)
  })

  it('that is killed is silent, until another is started in its place', async () => {
    const { pool, env } = await servers.aPool()
    const name = aName()
    const node = aNode(name, pool, 1, env)
    const { id } = await told(name, 'ready')
    node.process.kill('SIGKILL')
    await node.ended
    expect(await found(name)).toMatchObject({ id, state: 'ready' })
    // Its silence as the database's clock has it, without waiting for it.
    await servers.db.query(
      {
        name: 'test.silence',
        text: `update fleet_node set seen_at = now() - $2::float8 * interval '1 millisecond' where id = $1`,
      },
      [id, SILENT_MS + 1_000],
    )
    const fleet = await store.list(ALL)
    expect(nodeState((await found(name)) as FleetNode, fleet.at)).toBe('silent')
    aNode(name, pool, 1, env)
    await until('another is ready', async () => {
      const node = await found(name)
      return node?.id !== id && node?.state === 'ready'
    })
    expect((await store.list(ALL)).nodes.filter((one) => one.name === name)).toHaveLength(1)
  })
})
