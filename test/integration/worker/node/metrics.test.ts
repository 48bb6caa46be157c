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

const valuesOf = (lines: string[]) => lines.map((line) => Number(line.split(' ').at(-1)))

const STARTED = 'muster_jobs_finished_total{task="",reason="started"'
/** A worker that does not answer within its second is not in the sum yet; the next look asks it again. */
const untilStarted = (node: ANode, count: number) =>
  until(`${count} are counted`, async () => valuesOf(await node.metrics(STARTED))[0] === count)

describe('the metrics of a node', () => {
  it('add up what its workers count, and name its pools', async () => {
    const node = aNode('ready=2 deaf=1')
    await node.settled('ready', 2)
    await untilStarted(node, 3)
    expect(valuesOf(await node.metrics('muster_node_workers_desired{pool="ready"'))).toEqual([2])
    expect(valuesOf(await node.metrics('muster_node_workers_ready{pool="ready"'))).toEqual([2])
    expect(valuesOf(await node.metrics('muster_node_workers_ready{pool="deaf"'))).toEqual([0])
    expect(await node.metrics('process_cpu_user_seconds_total{service="worker"')).toHaveLength(1)
    expect(await node.metrics('process_cpu_user_seconds_total{service="node"')).toHaveLength(1)
  })

  it('keep what a drained worker counted, up to its last moment', async () => {
    const node = aNode('ready=2')
    await node.settled('ready', 2)
    await node.setCount('ready', 1)
    await node.settled('ready', 1)
    await untilStarted(node, 2)
    expect(valuesOf(await node.metrics('muster_jobs_finished_total{task="",reason="drained"'))).toEqual([1])
  })

  it('keep the last words of a worker that ended while the node stood still', async () => {
    const node = aNode('ready=1')
    const [worker] = (await node.settled('ready', 1)).workers
    const pid = Number(worker?.pid)
    node.process.kill('SIGSTOP')
    process.kill(pid, 'SIGTERM')
    await until('the worker has ended', () => !isAlive(pid))
    node.process.kill('SIGCONT')
    await until('the node has seen it', () => node.logged('a worker ended').length === 1)
    expect(valuesOf(await node.metrics('muster_jobs_finished_total{task="",reason="drained"'))).toEqual([1])
  })

  it('keep what a killed worker was last seen to have counted', async () => {
    const node = aNode('ready=1')
    const [worker] = (await node.settled('ready', 1)).workers
    await untilStarted(node, 1)
    process.kill(Number(worker?.pid), 'SIGKILL')
    await until('it ended', () => node.logged('a worker ended').length === 1)
    await node.settled('ready', 1)
    await untilStarted(node, 2)
  })

  it('come in time and in full while a worker does not answer', async () => {
    const node = aNode('ready=2')
    const [worker] = (await node.settled('ready', 2)).workers
    await untilStarted(node, 2)
    process.kill(Number(worker?.pid), 'SIGSTOP')
    expect(valuesOf(await node.metrics(STARTED))).toEqual([2])
  })
})
