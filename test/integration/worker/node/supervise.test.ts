import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { ANode, isAlive, until } from './a-node.ts'

const nodes: ANode[] = []
const aNode = (...args: ConstructorParameters<typeof ANode>) => {
  const node = new ANode(...args)
  nodes.push(node)
  return node
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.destroy()))
})

describe('a node whose workers are well', () => {
  it('is ready once every one of them is, and shows them', async () => {
    const node = aNode('ready=2 deaf=0')
    const report = await node.settled('ready', 2)
    expect(report.workers.map(({ index, phase, busy }) => [index, phase, busy])).toEqual([
      [0, 'ready', 1],
      [1, 'ready', 1],
    ])
    expect((await node.fetch('/readyz')).status).toBe(200)
    expect((await node.fetch('/livez')).status).toBe(200)
  })

  it('tells each its pool, its number on this node and its port, but not the secret of the node', async () => {
    const node = aNode('tell=2 ready=1', {
      WORKER_ADMIN_PORT: '9500',
      NODE_ADMIN_TOKEN: 'a secret of the node',
      LANG: 'C',
    })
    await until('both told', () => node.logged('environment').length === 2)
    const told = node.logged('environment').sort((a, b) => Number(a.WORKER_INDEX) - Number(b.WORKER_INDEX))
    expect(told).toEqual([
      { msg: 'environment', WORKER_POOL: 'tell', WORKER_INDEX: '0', WORKER_ADMIN_PORT: '9500', LANG: 'C' },
      { msg: 'environment', WORKER_POOL: 'tell', WORKER_INDEX: '1', WORKER_ADMIN_PORT: '9501', LANG: 'C' },
    ])
  })

  it('is not ready while a worker gets no deliveries', async () => {
    const node = aNode('ready=1 deaf=1')
    await node.settled('ready', 1)
    await until('the deaf one said ready', () => node.logged('a worker is ready').length === 2)
    expect((await node.fetch('/readyz')).status).toBe(503)
    expect((await node.report()).pools.deaf).toEqual({ desired: 1, running: 1, ready: 0, leaving: 0 })
  })
})

describe('a worker that fails', () => {
  it('at start is started again and again, ever more slowly, and counted', async () => {
    const node = aNode('crash-at-start=1 ready=1')
    await until('it ended often', () => node.logged('a worker ended').length >= 5)
    const waits = node.logged('a worker ended').map(({ restartInMs }) => Number(restartInMs))
    expect(waits[0]).toBeLessThanOrEqual(50)
    expect(waits[4]).toBeGreaterThanOrEqual(100)
    expect(node.logged('a worker ended')[0]).toMatchObject({ pool: 'crash-at-start', code: 3, reason: 'exit' })
    expect((await node.report()).pools.ready?.running).toBe(1)
    const [line = ''] = await node.metrics('muster_worker_restarts_total{task="",reason="exit"')
    expect(Number(line.split(' ')[1])).toBeGreaterThanOrEqual(4)
  })

  it('later is replaced, and its neighbour runs on', async () => {
    const node = aNode('crash-later=1 ready=1')
    const { workers } = await node.settled('ready', 1)
    await until('it ended twice', () => node.logged('a worker ended').length >= 2)
    expect(node.logged('a worker ended')[0]).toMatchObject({ signal: 'SIGSEGV', reason: 'signal' })
    const neighbour = (await node.report()).workers.find(({ pool }) => pool === 'ready')
    expect(neighbour?.pid).toBe(workers.find(({ pool }) => pool === 'ready')?.pid)
  })

  it('starts its back-off anew after a healthy time', async () => {
    const node = aNode('crash-later=1', { NODE_RESTART_RESET_MS: '0', NODE_RESTART_MAX_MS: '10000' })
    await until('it ended often', () => node.logged('a worker ended').length >= 3)
    for (const { restartInMs } of node.logged('a worker ended')) expect(restartInMs).toBeLessThanOrEqual(50)
  })

  it('to become ready in time is killed and replaced', async () => {
    const node = aNode('never-ready=1', { NODE_START_TIMEOUT_MS: '1000' })
    await until('it was replaced', () => node.pids.size >= 2)
    expect(node.logged('a worker ended')[0]).toMatchObject({ signal: 'SIGKILL', reason: 'start-timeout' })
  })

  it.each([
    ['whose main thread hangs', 'hang'],
    ['that is stopped', 'ready'],
  ])('to send heartbeats, as one %s, is killed and replaced', async (_what, pool) => {
    const node = aNode(`${pool}=1`, { NODE_HEARTBEAT_TIMEOUT_MS: '2000' })
    await until('it is ready', () => node.logged('a worker is ready').length > 0)
    const [first] = [...node.pids]
    if (pool === 'ready') process.kill(Number(first), 'SIGSTOP')
    await until('it was replaced', () => node.pids.size >= 2)
    expect(node.logged('a worker ended')[0]).toMatchObject({ signal: 'SIGKILL', reason: 'heartbeat-timeout' })
    expect(isAlive(Number(first))).toBe(false)
  })

  it('to send heartbeats while the node itself was stopped is left alone', async () => {
    const node = aNode('ready=2', { NODE_HEARTBEAT_TIMEOUT_MS: '2000' })
    const before = await node.settled('ready', 2)
    node.process.kill('SIGSTOP')
    // It has to stand still for longer than the timeout; nothing else happens meanwhile that could be waited for.
    await delay(3_000)
    node.process.kill('SIGCONT')
    await until('the node has looked after its workers again', async () => (await node.report()).workers.length === 2)
    await until('heartbeats came again', async () => (await node.fetch('/readyz')).status === 200)
    expect((await node.report()).workers.map(({ pid }) => pid)).toEqual(before.workers.map(({ pid }) => pid))
    expect(node.logged('a worker is replaced')).toEqual([])
  })
})

describe('the count of a pool', () => {
  it('rises and falls while the node runs; the youngest go first, and drain', async () => {
    const node = aNode('ready=1')
    const [oldest] = (await node.settled('ready', 1)).workers
    expect(await (await node.setCount('ready', 3)).json()).toMatchObject({ pool: 'ready', desired: 3 })
    await node.settled('ready', 3)
    await node.setCount('ready', 1)
    const { workers } = await node.settled('ready', 1)
    expect(workers).toEqual([expect.objectContaining({ pid: oldest?.pid, index: 0 })])
    expect(node.logged('a worker has left')).toHaveLength(2)
    for (const line of node.logged('a worker has left')) expect(line).toMatchObject({ code: 0, forced: false })
  })

  it('falls to zero and rises again, and stops a crash loop', async () => {
    const node = aNode('crash-at-start=2')
    await until('both ended', () => node.logged('a worker ended').length >= 2)
    await node.setCount('crash-at-start', 0)
    await until('they are gone', async () => (await node.report()).workers.length === 0)
    expect((await node.fetch('/readyz')).status).toBe(200)
    await node.setCount('crash-at-start', 1)
    expect((await node.report()).workers).toHaveLength(1)
  })

  it('is read and refused in words', async () => {
    const node = aNode('ready=1 deaf=2', { NODE_MAX_WORKERS: '4' })
    expect(await (await node.fetch('/pools/deaf/count')).json()).toMatchObject({ pool: 'deaf', desired: 2 })
    const tooMany = await node.setCount('ready', 3)
    expect([tooMany.status, await tooMany.json()]).toEqual([409, expect.objectContaining({ most: 2 })])
    expect((await node.setCount('unknown', 1)).status).toBe(404)
  })
})
