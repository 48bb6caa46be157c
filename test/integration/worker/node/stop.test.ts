import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ANode, until } from './a-node.ts'

const nodes: ANode[] = []
const aNode = (...args: ConstructorParameters<typeof ANode>) => {
  const node = new ANode(...args)
  nodes.push(node)
  return node
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.destroy()))
})

describe('a node that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s drains its workers, exits 0 and leaves nothing behind',
    async (signal) => {
      const node = aNode('ready=2 crash-at-start=1')
      await node.settled('ready', 2)
      node.process.kill(signal)
      expect(await node.ended).toEqual({ code: 0, signal: null })
      expect(node.leftovers()).toEqual([])
      const drained = node.logged('a worker has left').filter(({ pool }) => pool === 'ready')
      expect(drained.map(({ code }) => code)).toEqual([0, 0])
    },
  )

  it('together with its whole process group, as by Ctrl-C, still lets its workers drain', async () => {
    const node = aNode('busy=2')
    await node.settled('busy', 2)
    node.interruptGroup()
    expect(await node.ended).toEqual({ code: 0, signal: null })
    expect(node.logged('a worker has left').map(({ code }) => code)).toEqual([0, 0])
  })

  it.each([
    ['at the same time', async () => {}],
    ['when they drain already', (node: ANode) => until('it drains', () => node.logged('draining').length > 0)],
  ])('together with each of its workers, as by systemd, %s, still lets them drain', async (_when, wait) => {
    const node = aNode('busy=2')
    await node.settled('busy', 2)
    node.process.kill('SIGTERM')
    await wait(node)
    for (const pid of node.leftovers()) process.kill(pid, 'SIGTERM')
    expect(await node.ended).toEqual({ code: 0, signal: null })
    expect(node.logged('a worker has left').map(({ code }) => code)).toEqual([0, 0])
  })

  it('says that it is not ready, and refuses other counts, while workers drain', async () => {
    const node = aNode('stubborn=1', { WORKER_GRACE_MS: '1000', NODE_GRACE_MS: '3000' })
    await node.settled('stubborn', 1)
    node.process.kill('SIGTERM')
    await until('it is not ready', async () => (await node.fetch('/readyz')).status === 503)
    expect((await node.setCount('stubborn', 2)).status).toBe(503)
    await node.ended
  })

  it('kills what ignores it before its own grace ends, and says so by its exit code', async () => {
    const node = aNode('stubborn=1 ready=1', { WORKER_GRACE_MS: '1000', NODE_GRACE_MS: '1500' })
    await node.settled('stubborn', 1)
    await node.settled('ready', 1)
    node.process.kill('SIGTERM')
    expect(await node.ended).toEqual({ code: 1, signal: null })
    expect(node.leftovers()).toEqual([])
    expect(node.logged('a worker has left').map(({ pool, forced }) => [pool, forced])).toEqual([
      ['ready', false],
      ['stubborn', true],
    ])
  })

  it('twice exits at once with 1, and its workers follow', async () => {
    const node = aNode('ready=1 stubborn=1')
    await node.settled('ready', 1)
    await node.settled('stubborn', 1)
    node.process.kill('SIGTERM')
    await until('it drains', () => node.logged('draining').length > 0)
    node.process.kill('SIGTERM')
    expect(await node.ended).toEqual({ code: 1, signal: null })
    const [ready] = node.logged('a worker is ready').filter(({ pool }) => pool === 'ready')
    await until('the worker is gone', () => !node.leftovers().includes(Number(ready?.workerPid)))
  })

  it('while workers wait to be started again does not wait for them', async () => {
    const node = aNode('crash-at-start=2', { NODE_RESTART_MIN_MS: '60000', NODE_RESTART_MAX_MS: '60000' })
    await until('both ended', () => node.logged('a worker ended').length === 2)
    node.process.kill('SIGTERM')
    expect(await node.ended).toEqual({ code: 0, signal: null })
  })
})

describe('a node that is killed', () => {
  it('leaves no worker behind', async () => {
    const node = aNode('ready=3')
    await node.settled('ready', 3)
    node.process.kill('SIGKILL')
    await node.ended
    await until('the workers are gone', () => node.leftovers().length === 0)
    expect(node.pids.size).toBe(3)
  })
})

describe('a node that cannot start', () => {
  it.each([
    [
      'values are wrong',
      { NODE_MAX_WORKERS: '0', NODE_GRACE_MS: 'soon' },
      ['NODE_MAX_WORKERS must', 'NODE_GRACE_MS must'],
    ],
    ['a pool is unknown', { NODE_WORKERS: 'nonsense=1' }, ['NODE_WORKERS names nonsense']],
    ['it would kill what drains', { NODE_GRACE_MS: '2000' }, ['longer than WORKER_GRACE_MS']],
  ])('because %s exits with 1 and says all of it', async (_what, env, words) => {
    const node = aNode('ready=1', env as Record<string, string>)
    expect((await node.ended).code).toBe(1)
    for (const word of words) expect(node.errorOutput).toContain(word)
  })

  it('because its port is taken exits with 1 and starts no worker', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const node = aNode('ready=1', { NODE_ADMIN_PORT: String((server.address() as AddressInfo).port) })
    expect((await node.ended).code).toBe(1)
    server.close()
    expect(node.pids.size).toBe(0)
  })
})
