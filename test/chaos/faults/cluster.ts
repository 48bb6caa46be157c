import type { Fault } from '../fault.ts'

const HOLD_MS = 10_000

/** @param indexes of the nodes; the processes of Muster prefer the first */
const kill = (name: string, indexes: readonly number[]): Fault => ({
  name,
  holdMs: HOLD_MS,
  async inject(stack) {
    await stack.midJob()
    for (const index of indexes) stack.cluster.kill(index)
    return indexes.length
  },
  async heal(stack) {
    await Promise.all(indexes.map((index) => stack.cluster.startNode(index)))
  },
})

/** Of a broker of three nodes: one may be missed, two may not. */
export const clusterFaults: readonly Fault[] = [
  kill('RabbitMQ cluster: the node in use killed', [0]),
  kill('RabbitMQ cluster: another node killed', [2]),
  kill('RabbitMQ cluster: two of three nodes killed', [0, 1]),
  kill('RabbitMQ cluster: all three nodes killed', [0, 1, 2]),
]
