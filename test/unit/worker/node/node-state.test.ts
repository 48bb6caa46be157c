import { expect, it } from 'vitest'
import { type NodeSeen, stateOf } from '../../../../worker/node/node-state.ts'

const ready = { phase: 'ready', restarts: 0 } as const
const starting = { phase: 'starting', restarts: 0 } as const
const seen = (overrides: Partial<NodeSeen>): NodeSeen => ({
  workers: [ready, ready],
  pools: [{ desired: 2, ready: 2 }],
  stopping: false,
  draining: false,
  quarantined: false,
  ...overrides,
})
const one = { pools: [{ desired: 2, ready: 1 }] }

it.each<[string, string, Partial<NodeSeen>]>([
  ['ready', 'every wanted worker takes jobs', {}],
  ['ready', 'none is wanted', { workers: [], pools: [{ desired: 0, ready: 0 }] }],
  ['ready', 'a surplus one leaves', { workers: [ready, ready, { phase: 'leaving', restarts: 0 }] }],
  ['starting', 'one comes up for the first time', { workers: [ready, starting], ...one }],
  ['starting', 'one has no place yet', { workers: [ready, { phase: 'leaving', restarts: 3 }], ...one }],
  ['degraded', 'one comes up again', { workers: [ready, { phase: 'starting', restarts: 1 }], ...one }],
  ['degraded', 'one waits to be started again', { workers: [ready, { phase: 'waiting', restarts: 0 }], ...one }],
  ['degraded', 'one is up and gets no jobs', one],
  ['quarantined', 'a device failed', { quarantined: true, workers: [], pools: [{ desired: 2, ready: 0 }] }],
  ['draining', 'people wish it and workers finish', { draining: true }],
  ['drained', 'people wish it and none is left', { draining: true, workers: [] }],
  ['drained', 'people wish it and a device failed too', { draining: true, quarantined: true, workers: [] }],
  ['stopping', 'its process ends, whatever else is', { stopping: true, draining: true, quarantined: true }],
])('a node is %s where %s', (state, _why, overrides) => {
  expect(stateOf(seen(overrides))).toBe(state)
})
