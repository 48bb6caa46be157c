import { afterEach, describe, expect, it } from 'vitest'
import { createNodeFleet } from '../../../../infra/node-fleet/fleet.ts'
import { describeFleet } from '../../../contract/fleet.ts'
import { silence } from '../../../fixtures/silence.ts'
import { ANode, until } from '../../worker/node/a-node.ts'

const nodes: ANode[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.destroy()))
})

const open = async () => {
  const node = new ANode('ready=2', { NODE_MAX_WORKERS: '4' })
  nodes.push(node)
  const url = await node.url()
  const fleet = createNodeFleet({ url, log: silence().log })
  return { node, url, fleet }
}

describeFleet('a node supervisor', async () => {
  const { url, fleet } = await open()
  return {
    fleet,
    pool: 'ready',
    async interfere(count) {
      await fetch(`${url}/pools/ready/count`, { method: 'PUT', body: JSON.stringify({ count }) })
    },
  }
})

describe('Fleet on a node supervisor', () => {
  it('starts and stops real processes', async () => {
    const { fleet } = await open()
    await until('two workers run', async () => (await fleet.view('ready')).runningCount === 2)
    const { version } = await fleet.view('ready')
    await fleet.setCount({ pool: 'ready', count: 3, version, message: '', meta: {} })
    await until('three workers run', async () => (await fleet.view('ready')).runningCount === 3)
  })

  it('tells when the machine is full', async () => {
    const { fleet } = await open()
    const { version } = await fleet.view('ready')
    const changed = await fleet.setCount({ pool: 'ready', count: 5, version, message: '', meta: {} })
    expect(changed.kind).toBe('out-of-bounds')
  })
})
