import { expect, it } from 'vitest'
import type { Node, Pool } from '../../../../../../autoscaler/console/page/state/resources.ts'
import {
  type AttentionFacts,
  attentionOf,
  isAllTold,
} from '../../../../../../autoscaler/console/page/words/attention.ts'
import { toNodesResource } from '../../../../../../autoscaler/routes/nodes.ts'
import { aFleetNode, aNodeDevice } from '../../../../../fixtures/nodes.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const aPool = (overrides: Partial<Pool> = {}): Pool => ({
  ...{
    name: 'checks',
    mode: 'apply',
    bounds: { min: 1, max: 9 },
    zones: null,
    headline: null,
    stale: false,
    doubts: [],
  },
  ...{ count: { asked: 2, placed: 2, running: 2, ready: 2 }, override: null },
  ...{ schedule: { floor: null, ceiling: null, windows: [] }, lookedAt: new Date(NOW - 120_000).toISOString() },
  ...overrides,
})
const nodesOf = (...nodes: readonly Parameters<typeof aFleetNode>[0][]): readonly Node[] =>
  toNodesResource({ at: NOW, nodes: nodes.map((one) => aFleetNode({ seenAt: NOW, ...one })), drains: [] }, new Map())
    .nodes
const facts = (overrides: Partial<AttentionFacts> = {}): AttentionFacts => ({
  ...{ pools: [aPool()], overrides: [], nodes: nodesOf({}), deadLetterCount: 0, driftAlarms: [], unread: [] },
  ...overrides,
})
const words = (overrides: Partial<AttentionFacts>) => attentionOf(facts(overrides), NOW).map(({ text }) => text)

it('needs nobody while all is well, or nothing is known yet', () => {
  expect(words({})).toEqual([])
  expect(words({ pools: undefined, overrides: undefined, nodes: undefined, deadLetterCount: undefined })).toEqual([])
})

it('knows that something has not been told yet', () => {
  expect(isAllTold(facts({ unread: undefined }))).toBe(true)
  for (const member of ['pools', 'overrides', 'nodes', 'deadLetterCount', 'driftAlarms'])
    expect(isAllTold(facts({ [member]: undefined }))).toBe(false)
})

it('says that nobody decides, and since when, instead of what was doubted before that', () => {
  expect(words({ pools: [aPool({ stale: true, doubts: ['the rate is old'] })] })).toEqual([
    'checks: nobody decides at the moment; the last look was 2 min ago',
  ])
  expect(words({ pools: [aPool({ doubts: ['the rate is old'] })] })).toEqual(['checks: the rate is old'])
})

it('names nodes that fell silent, devices in quarantine, and versions side by side', () => {
  const quarantine = { why: 'faults', since: NOW }
  const nodes = nodesOf(
    { name: 'a', seenAt: NOW - 60_000 },
    { name: 'b', devices: [aNodeDevice({ quarantine })], version: '0.1.0' },
  )
  expect(words({ nodes })).toEqual([
    '1 node fell silent: a',
    'A device is in quarantine on b',
    '2 versions run side by side: 0.2.0, 0.1.0',
  ])
})

it('says once what is so of many pools, and of each what is so of few', () => {
  const poolsOf = (count: number, overrides: Partial<Pool>) =>
    Array.from({ length: count }, (_, index) => aPool({ name: `p${index}`, ...overrides }))
  const doubts = ['the broker does not answer']
  expect(words({ pools: [...poolsOf(4, { doubts }), aPool()] })).toEqual(['4 of 5 pools: the broker does not answer'])
  expect(words({ pools: poolsOf(2, { doubts }) })).toEqual([
    'p0: the broker does not answer',
    'p1: the broker does not answer',
  ])
  expect(words({ pools: poolsOf(60, { stale: true }) })).toEqual(['60 of 60 pools: nobody decides at the moment'])
})

it('names some of many nodes, and says how many more there are', () => {
  const nodes = nodesOf(...Array.from({ length: 11 }, (_, index) => ({ name: `n${index + 10}`, seenAt: NOW - 60_000 })))
  expect(words({ nodes })).toEqual(['11 nodes fell silent: n10, n11, n12, n13, n14, n15, n16, n17, 3 more'])
})

it('puts the worst first', () => {
  const driftAlarms = [{ task: 'ocr', signal: 'score', level: 'watch' }]
  const found = attentionOf(facts({ driftAlarms, deadLetterCount: 2, unread: ['nodes'] }), NOW)
  expect(found.map(({ level, text }) => `${level}: ${text}`)).toEqual([
    'bad: The autoscaler cannot read: nodes',
    'bad: 2 dead letters to look at',
    'watch: ocr: score is not what it was',
  ])
})
