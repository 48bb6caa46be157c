import { expect, it } from 'vitest'
import { createDrains } from '../../../autoscaler/drains.ts'
import { showNodes } from '../../../autoscaler/watch-nodes.ts'
import type { Metrics } from '../../../infra/ports/metrics.ts'
import type { Notice } from '../../../infra/ports/notifier.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { createMemoryNodeStore } from '../../fakes/node-store.ts'
import { aToldNode, aWish } from '../../fixtures/nodes.ts'

type Table = Parameters<Metrics['gaugeTable']>[3]

const aWatch = (leads: () => boolean, now: () => number = Date.now) => {
  const store = createMemoryNodeStore(now)
  const notices: Notice[] = []
  const clock = { now }
  const notifier = { tell: (notice: Notice) => void notices.push(notice) }
  const drains = createDrains({ store, audit: createMemoryAuditLog(), notifier, clock, pools: new Map() })
  let table: Table = () => []
  let versions: () => ReadonlyMap<string, number> = () => new Map()
  const metrics: Pick<Metrics, 'gauges' | 'gaugeTable'> = {
    gauges: (_name, _help, _label, read) => {
      versions = read
    },
    gaugeTable: (_name, _help, _labels, read) => {
      table = read
    },
  }
  const look = showNodes({ nodes: store, drains, metrics, leads }, ['checks', 'papers'])
  const counted = () =>
    Object.fromEntries(table().flatMap(([[pool, state], n]) => (n > 0 ? [[`${pool} ${state}`, n]] : [])))
  return { store, look, notices, counted, table: () => table(), versions: () => Object.fromEntries(versions()) }
}

it('counts nodes by pool and state and by version, every state of every pool', async () => {
  let now = 0
  const { store, look, counted, versions, table } = aWatch(
    () => true,
    () => now,
  )
  await store.tell(aToldNode({ version: '0.1.0' }))
  now = 60_000
  await store.tell(aToldNode({ pools: ['checks', 'papers'] }))
  await store.tell(aToldNode({ state: 'drained' }))
  await look()
  expect(counted()).toEqual({ 'checks ready': 1, 'checks drained': 1, 'checks silent': 1, 'papers ready': 1 })
  expect(table()).toHaveLength(2 * 8)
  expect(versions()).toEqual({ '0.2.0': 2 })
})

it('shows nothing while another process leads', async () => {
  let leads = true
  const { store, look, table, versions } = aWatch(() => leads)
  await store.tell(aToldNode())
  await look()
  leads = false
  expect([table(), versions()]).toEqual([[], {}])
  await look()
  leads = true
  expect(table()).toEqual([])
})

it('shows no more versions than a fleet has, whatever nodes say', async () => {
  const { store, look, versions } = aWatch(() => true)
  for (let version = 0; version < 30; version += 1) await store.tell(aToldNode({ version: `0.${version}.0` }))
  await look()
  expect(Object.keys(versions())).toHaveLength(20)
})

it('tells once of a drain that ran out, and forgets nodes that were silent for a day', async () => {
  let now = 0
  const { store, look, notices } = aWatch(
    () => true,
    () => now,
  )
  const told = aToldNode({ name: 'rack-7' })
  await store.tell(told)
  await store.drain(aWish({ durationMs: 1_000 }))
  now = 2_000
  await look()
  await look()
  expect(notices.map(({ lines }) => lines[0])).toEqual(['rack-7: the drain by ada ran out'])
  now = 86_400_000
  await look()
  expect((await store.list(10)).nodes).toHaveLength(1)
  now = 86_400_001
  await look()
  expect((await store.list(10)).nodes).toEqual([])
})
