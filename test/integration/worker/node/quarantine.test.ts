import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createQuarantineStore } from '../../../../infra/postgres/quarantine-store.ts'
import { ANode, until } from './a-node.ts'
import { openRealServers, type RealServers, WORKER_PROGRAM } from './real-pool.ts'

const nodes: ANode[] = []
let servers: RealServers

beforeAll(async () => {
  servers = await openRealServers()
})

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.destroy()))
})

afterAll(() => servers.close())

const aNode = (pool: string, count: number, env: Record<string, string>) => {
  const node = new ANode(`${pool}=${count}`, { ...env, NODE_WORKER_PROGRAM: WORKER_PROGRAM, NODE_DEVICE_FAULTS: '2' })
  nodes.push(node)
  return node
}

describe('a node whose GPU throws CUDA errors', () => {
  it('is quarantined and told of; its job is done elsewhere; a release starts it again', async () => {
    const { pool, env } = await servers.aPool()
    const broken = aNode(pool, 1, { ...env, MODELS_DIR: 'broken-device', WORKER_DEVICES: 'cuda', NODE_NAME: 'rack-7' })
    await broken.settled(pool, 1)
    const job = await servers.submit(pool, { echo: 'elsewhere' })
    await until(
      'it is quarantined',
      () => broken.logged('a device is quarantined: its workers drain, and none is started').length > 0,
    )
    await until('no worker runs', async () => (await broken.report()).workers.length === 0)

    const why = '2 faults within 10 min: illegal-access'
    for (const path of ['/readyz', '/livez']) {
      const answer = await broken.fetch(path)
      expect([answer.status, await answer.json()]).toEqual([
        503,
        expect.objectContaining({
          status: 'quarantined',
          quarantined: [expect.objectContaining({ device: 'cuda', why })],
        }),
      ])
    }
    expect(await broken.metrics('muster_device_quarantined{')).toEqual([expect.stringMatching(/device="cuda".* 1$/)])
    expect(await broken.metrics('muster_device_faults_total{')).toEqual([expect.stringMatching(/illegal-access.* 2$/)])
    const store = createQuarantineStore(servers.db)
    const told = await until('the fleet is told', async () =>
      (await store.active(60_000)).find((one) => one.pools === pool),
    )
    expect(told).toMatchObject({ node: 'rack-7', device: 'cuda', why })

    expect(await job.in('queued')).toMatchObject({ attempt: 2, error: null })
    const well = aNode(pool, 1, env)
    await well.settled(pool, 1)
    expect(await job.in('succeeded')).toMatchObject({ attempt: 3, result: { echo: 'elsewhere' } })

    expect((await broken.fetch('/devices/cuda/release', { method: 'POST' })).status).toBe(200)
    await broken.settled(pool, 1)
    expect((await broken.fetch('/readyz')).status).toBe(200)
    await until('the fleet is told', async () => !(await store.active(60_000)).some((one) => one.pools === pool))
  })

  it('stays on that device: a worker that comes up again is started for no other', async () => {
    const { pool, env } = await servers.aPool()
    const node = aNode(pool, 1, { ...env, MODELS_DIR: 'on-cuda', WORKER_DEVICES: 'cuda,cpu' })
    await node.settled(pool, 1)
    const [first] = (await node.report()).workers
    process.kill(Number(first?.pid), 'SIGKILL')
    await until('it was replaced', async () => (await node.report()).workers.some(({ pid }) => pid !== first?.pid))
    const job = await servers.submit(pool, {})
    expect(await job.in('succeeded')).toMatchObject({ result: { devices: ['cuda'] } })
  })
})
