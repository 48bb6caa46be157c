import { afterEach, expect, it } from 'vitest'
import { ANode } from './a-node.ts'

const MIB = 1024 * 1024
const nodes: ANode[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.destroy()))
})

it('a node that chooses for itself runs what fits, and says why', async () => {
  // Its supervisor, and two workers of face match.
  const node = new ANode('ready=auto', { NODE_MEMORY_BYTES: String((114 + 2 * 361 + 100) * MIB) })
  nodes.push(node)
  const why = 'on cpu, not measured: by memory alone, 822 MB of memory at 361 MB each'
  const report = await node.settled('ready', 2)
  expect(report).toMatchObject({ choices: [{ pool: 'ready', count: 2, why }] })
  expect(node.logged('the number of workers is chosen')).toMatchObject([{ pool: 'ready', count: 2, why }])
})
