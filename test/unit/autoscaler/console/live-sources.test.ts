import { expect, it } from 'vitest'
import { createLiveSources } from '../../../../autoscaler/console/live-sources.ts'
import { createReadPools } from '../../../../autoscaler/pool-status.ts'
import { MemoryDecisionStore } from '../../../fakes/decision-store.ts'
import { createMemoryDriftStore } from '../../../fakes/drift-store.ts'
import { createMemoryNodeStore } from '../../../fakes/node-store.ts'
import { createMemoryOverrideStore } from '../../../fakes/override-store.ts'
import { createMemoryScheduleStore } from '../../../fakes/schedule-store.ts'
import { aKept } from '../../../fixtures/decisions.ts'
import { aToldNode } from '../../../fixtures/nodes.ts'

const POOLS = ['checks', 'papers'].map((name) => ({ name, bounds: { min: 1, max: 9 }, mode: 'apply' as const }))

const start = () => {
  const stores = {
    decisions: new MemoryDecisionStore(),
    overrideStore: createMemoryOverrideStore(),
    schedules: createMemoryScheduleStore(),
    nodes: createMemoryNodeStore(),
    drift: createMemoryDriftStore(),
  }
  const readPools = createReadPools({ ...stores, overrides: stores.overrideStore })
  const deadLetterDesk = { count: async () => 3 }
  const sources = createLiveSources({ ...stores, readPools, deadLetterDesk, clock: Date }, POOLS)
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it
  const read = async (name: string): Promise<readonly { readonly key: string; readonly data: any }[]> =>
    sources.find((one) => one.name === name)?.read() ?? []
  return { ...stores, sources, read }
}

it('cannot do without pools and overrides, and can without the rest', () => {
  const { sources } = start()
  expect(sources.filter(({ required }) => required).map(({ name }) => name)).toEqual(['pools', 'overrides'])
})

it('tells of every pool, and the last decision of each under a key of its own', async () => {
  const { decisions, read } = start()
  await decisions.begin(aKept({ at: 1 }))
  await decisions.begin(aKept({ at: 2, to: 9 }))
  const facts = await read('pools')
  expect(facts.map(({ key }) => key)).toEqual(['pools', 'decision checks'])
  expect(facts[0]?.data.pools.map(({ name }: { name: string }) => name)).toEqual(['checks', 'papers'])
  expect(facts[1]?.data.decision).toMatchObject({ to: 9, report: expect.any(Array) })
})

it('tells of a large fleet the nodes that are not ready before the others', async () => {
  const { nodes, read } = start()
  for (let index = 0; index < 130; index += 1) {
    const state = index === 129 ? 'degraded' : 'ready'
    await nodes.tell(aToldNode({ id: `id-${index}`, name: `node-${String(index).padStart(3, '0')}`, state }))
  }
  const [fact] = await read('nodes')
  expect([fact?.data.nodes.length, fact?.data.more]).toEqual([100, 30])
  expect(fact?.data.nodes[0]).toMatchObject({ name: 'node-129', state: 'degraded' })
  expect(fact?.data.nodes[1]).toMatchObject({ name: 'node-000', state: 'ready' })
})

it('tells how many dead letters there are, and of drift only what has moved too far', async () => {
  const { drift, read } = start()
  expect((await read('dead-letters'))[0]?.data).toEqual({ count: 3 })
  expect((await read('drift'))[0]?.data).toEqual({ alarms: [] })
  const reference = { from: 0, until: 1, kind: 'weeks' } as const
  const signal = {
    task: 'ocr',
    psi: 0.4,
    windowHours: 6,
    count: 900,
    referenceCount: 900,
    reference,
    why: 'moved',
  } as const
  await drift.keep({
    ...{ evaluatedAt: 5, reference: { from: 0, until: 1 } },
    signals: [
      { ...signal, signal: 'outcome', level: 'alarm', cuts: [], bins: [] },
      { ...signal, signal: 'quality', level: 'watch', cuts: [], bins: [] },
    ],
  })
  expect((await read('drift'))[0]?.data).toEqual({
    alarms: [{ task: 'ocr', signal: 'outcome', level: 'alarm', psi: 0.4, why: 'moved' }],
  })
})
