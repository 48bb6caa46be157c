import { describe, expect, it } from 'vitest'
import {
  drainEffects,
  nodeState,
  presentNodes,
  readyWorkersOf,
  SILENT_MS,
} from '../../../../infra/domain/fleet-node.ts'
import { aDrain, aFleetNode, aNodeWorker } from '../../../fixtures/nodes.ts'

const fleetOf = (
  nodes: readonly ReturnType<typeof aFleetNode>[],
  drains: readonly ReturnType<typeof aDrain>[] = [],
) => ({
  ...{ at: 10_000, nodes, drains },
})

describe('a node', () => {
  it.each([
    [0, 'ready'],
    [SILENT_MS, 'ready'],
    [SILENT_MS + 1, 'silent'],
  ])('that spoke %i ms ago is %s', (ms, state) => {
    expect(nodeState(aFleetNode({ seenAt: 0 }), ms)).toBe(state)
  })

  it('that is silent has no worker that anybody knows to take jobs', () => {
    const node = aFleetNode({ workers: [aNodeWorker(), aNodeWorker({ index: 1 }), aNodeWorker({ state: 'leaving' })] })
    expect(readyWorkersOf(node, 'checks', 0)).toBe(2)
    expect(readyWorkersOf(node, 'papers', 0)).toBe(0)
    expect(readyWorkersOf(node, 'checks', SILENT_MS + 1)).toBe(0)
  })
})

describe('the nodes that are shown', () => {
  const at = 100_000
  const dead = aFleetNode({ name: 'a', startedAt: 0, seenAt: 0 })
  const silent = aFleetNode({ name: 'c', startedAt: 0, seenAt: 0 })
  const heir = aFleetNode({ name: 'a', startedAt: 60_000, seenAt: at })
  const otherPool = aFleetNode({ name: 'a', pools: ['papers'], startedAt: 70_000, seenAt: at })

  it('are those that are there and those that are missed, by name', () => {
    const shown = presentNodes({ at, nodes: [silent, otherPool, heir, dead], drains: [] })
    expect(shown).toEqual([heir, otherPool, silent])
  })

  it('keep the dead one where only a supervisor of other pools came up', () => {
    expect(presentNodes({ at, nodes: [otherPool, dead], drains: [] })).toEqual([dead, otherPool])
  })
})

describe('draining a machine', () => {
  it('stops its workers of every pool and leaves those of others that may work', () => {
    const own = aFleetNode({
      name: 'a',
      pools: ['checks', 'papers'],
      workers: [aNodeWorker(), aNodeWorker({ pool: 'papers' }), aNodeWorker({ state: 'starting' })],
    })
    const twin = aFleetNode({ name: 'a' })
    const other = aFleetNode({ name: 'b', workers: [aNodeWorker(), aNodeWorker({ index: 1 })] })
    const drained = aFleetNode({ name: 'c' })
    const fleet = fleetOf([own, twin, other, drained], [aDrain({ node: 'c' })])
    expect(drainEffects(fleet, 'a')).toEqual([
      { pool: 'checks', stopping: 2, left: 2 },
      { pool: 'papers', stopping: 1, left: 0 },
    ])
    // One that is drained already takes nothing from what is left.
    expect(drainEffects(fleet, 'c')).toEqual([{ pool: 'checks', stopping: 1, left: 4 }])
    expect(drainEffects(fleet, 'nobody')).toEqual([])
  })
})
