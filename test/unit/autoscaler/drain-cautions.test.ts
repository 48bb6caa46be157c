import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drainCautionsIn } from '../../../autoscaler/drain-cautions.ts'
import { type FleetNode, SILENT_MS } from '../../../infra/domain/fleet-node.ts'
import { aDrain, aFleetNode, aNodeWorker } from '../../fixtures/nodes.ts'

const NOW = 1_000_000

const aRack = (name: string, more: Partial<FleetNode> = {}): FleetNode => aFleetNode({ name, seenAt: NOW, ...more })
const racks = (count: number): readonly FleetNode[] =>
  Array.from({ length: count }, (_, index) => aRack(`rack-${index}`))

/** What speaks against draining the first rack. */
const cautions = (nodes: readonly FleetNode[], drained: readonly string[] = [], min = 0) =>
  drainCautionsIn(
    { at: NOW, nodes, drains: drained.map((node) => aDrain({ node })) },
    new Map([['checks', { min }]]),
  )('rack-0')

describe('draining one of several machines', () => {
  it.each([
    ['of four', racks(4), [], 0],
    ['of two: half of them goes on', racks(2), [], 1],
    ['of four with as many left as the lower bound', racks(4), [], 3],
    ['that is drained for longer, in a fleet that goes on', racks(4), ['rack-0'], 3],
    ['whose device failed', [aRack('rack-0', { state: 'quarantined', workers: [] }), ...racks(1).slice(1)], [], 1],
    ['that is silent', [aRack('rack-0', { seenAt: NOW - SILENT_MS - 1 }), aRack('rack-1')], [], 1],
    ['nobody has heard of', [aRack('rack-1')], ['rack-0'], 1],
  ])('%s needs no force', (_what, nodes, drained, min) => {
    expect(cautions(nodes, drained, min)).toEqual([])
  })

  it.each([
    ['the only one', racks(1), [], 0, ['checks: no worker of it is left']],
    [
      'the last one at work',
      [...racks(1), aRack('rack-1', { state: 'starting', workers: [aNodeWorker({ state: 'starting' })] })],
      ...[[], 0, ['checks: no worker of it is left']],
    ],
    ['one below the lower bound', racks(5), [], 5, ['checks: 4 nodes of it are left at work, its lower bound is 5']],
    [
      'one of two with a lower bound of two',
      racks(2),
      [],
      2,
      ['checks: 1 node of it is left at work, its lower bound is 2'],
    ],
    ['a third of five', racks(5), ['rack-1', 'rack-2'], 0, ['3 of 5 machines rest then, more than half']],
    ['the last one at work, for longer', racks(1), ['rack-0'], 0, ['checks: no worker of it is left']],
    [
      'a second of two',
      racks(2),
      ['rack-1'],
      0,
      ['checks: no worker of it is left', '2 of 2 machines rest then, more than half'],
    ],
  ] as const)('%s needs force', (_what, nodes, drained, min, said) => {
    expect(cautions(nodes, drained, min)).toEqual(said)
  })

  it('counts two supervisors of a machine together, and leaves other pools alone', () => {
    const papers = { pools: ['papers'], workers: [aNodeWorker({ pool: 'papers' })] }
    const nodes = [aRack('rack-0'), aRack('rack-0', papers), aRack('rack-1'), aRack('rack-2'), aRack('rack-3')]
    expect(cautions(nodes, [], 3)).toEqual(['papers: no worker of it is left'])
  })
})

it('never lets one person without force take the last worker, or more than half of the machines', () => {
  const fleet = fc.record({
    ready: fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
    min: fc.integer({ min: 0, max: 4 }),
  })
  fc.assert(
    fc.property(fleet, ({ ready, min }) => {
      const nodes = ready.map((isReady, index) =>
        aRack(`rack-${index}`, { workers: [aNodeWorker({ state: isReady ? 'ready' : 'starting' })] }),
      )
      const bounds = new Map([['checks', { min }]])
      const drained: string[] = []
      for (const { name } of nodes) {
        const drains = drained.map((node) => aDrain({ node }))
        if (drainCautionsIn({ at: NOW, nodes, drains }, bounds)(name).length === 0) drained.push(name)
      }
      const goOn = nodes.filter(({ name }, index) => ready[index] && !drained.includes(name)).length
      const before = ready.filter(Boolean).length
      expect(goOn).toBeGreaterThanOrEqual(Math.min(before, Math.max(1, min)))
      if (nodes.length > 1) expect(drained.length).toBeLessThanOrEqual(nodes.length / 2)
    }),
  )
})
