import { describe, expect, it } from 'vitest'
import type { PoolStatus } from '../../../../autoscaler/pool-status.ts'
import { bottleneckOf } from '../../../../infra/domain/bottleneck.ts'
import { BOUNDED_COUNT, boundedBucketOf, type Sum } from '../../../../infra/domain/duration-sum.ts'
import { SILENT_MS } from '../../../../infra/domain/fleet-node.ts'
import type { PoolMinute, Sums } from '../../../../infra/domain/pool-minute.ts'
import { usualOf } from '../../../../infra/domain/usual.ts'
import { rateMinute, toTopNodes, toTopPool } from '../../../../scripts/top/facts.ts'
import { aKept, aMeasurement } from '../../../fixtures/decisions.ts'
import { aFleetNode } from '../../../fixtures/nodes.ts'

const MINUTE_MS = 60_000
const NOW = Date.UTC(2026, 10, 21, 20, 1, 30)
const MINUTE = rateMinute(NOW)

const lasting = (count: number, each: number): Sum => {
  const buckets = Array.from({ length: BOUNDED_COUNT }, (_, at) => (at === boundedBucketOf(each) ? count : 0))
  return { count, total: count * each, most: each, buckets }
}
const counted = (count: number): Sum => ({ count, total: count, most: 1 })
const aMinute = (sums: Sums, at = MINUTE): PoolMinute => ({ at, sums })

const aStatus = (overrides: Partial<PoolStatus> = {}): PoolStatus => ({
  pool: 'checks',
  last: aKept({
    at: NOW,
    nextAt: NOW + 30_000,
    schedule: [],
    measurement: aMeasurement({ oldestMs: { value: 700, ageMs: 0 } }),
  }),
  override: undefined,
  schedule: { floor: undefined, ceiling: undefined, by: [] },
  ...overrides,
})

const factsOf = (minutes: readonly PoolMinute[], offered: number | undefined, status = aStatus()) => {
  const verdict = bottleneckOf({ sums: {}, usual: usualOf([]), waiting: 0, readyWorkers: 1 })
  return toTopPool({ status, bounds: { min: 0, max: 9 }, minutes, offered, verdict }, NOW)
}

describe('the minute that rates are of', () => {
  it.each([
    [0, -2],
    [9_999, -2],
    [10_000, -1],
    [59_999, -1],
  ])('%i ms into a minute is the one that begins %i minutes before', (intoMs, minutes) => {
    const start = Date.UTC(2026, 10, 21, 20, 1)
    expect((rateMinute(start + intoMs) - start) / MINUTE_MS).toBe(minutes)
  })
})

describe('a pool', () => {
  it('has rates of the whole minute and waits of all minutes', () => {
    const minutes = [
      aMinute({ 'ended/succeeded': counted(60), wait: lasting(60, 500), batch: { count: 10, total: 35, most: 8 } }),
      aMinute({ 'ended/succeeded': counted(600), wait: lasting(60, 4_000) }, MINUTE + MINUTE_MS),
    ]
    const facts = factsOf(minutes, 120)
    expect(facts).toMatchObject({ offeredPerSecond: 2, servedPerSecond: 1, batchSize: 3.5, oldestMs: 700 })
    expect(facts.p50Ms).toBeLessThanOrEqual(550)
    expect(facts.p95Ms).toBeGreaterThan(3_000)
    expect(facts.count).toEqual({ asked: 5, running: 5, ready: 5, min: 1, max: 40 })
  })

  it('has errors and refusals as shares of all answers', () => {
    const sums = {
      'answered/succeeded': counted(90),
      'answered/caller-fault': counted(5),
      'answered/service-fault': counted(1),
      'answered/expired': counted(1),
      'answered/refused': counted(3),
    }
    expect(factsOf([aMinute(sums)], 100)).toMatchObject({ errorRatio: 0.02, refusedRatio: 0.03 })
  })

  it('knows nothing where nothing was told: that is null, not zero', () => {
    expect(factsOf([], undefined, aStatus({ last: undefined }))).toMatchObject({
      ...{ offeredPerSecond: null, servedPerSecond: null, forecast: null, waiting: null, p95Ms: null },
      ...{ errorRatio: null, busyRatio: null, batchSize: null, hops: [] },
      count: { asked: null, running: null, ready: null, min: 0, max: 9 },
    })
  })

  it('does not pass off an old look as how things are', () => {
    const facts = factsOf([], undefined, aStatus({ last: aKept({ at: 0, nextAt: 30_000 }) }))
    expect(facts).toMatchObject({ offeredPerSecond: null, forecast: null, count: { asked: null } })
    expect(facts.notes).toContain('nobody looks at it: no autoscaler leads')
  })

  it('has its hops with the share of the time each took', () => {
    const { hops } = factsOf([aMinute({ 'hop/queue': lasting(10, 300), 'hop/infer': lasting(10, 100) })], 1)
    expect(hops.map(({ hop, share, meanMs }) => [hop, share, meanMs])).toEqual([
      ['queue', 0.75, 300],
      ['infer', 0.25, 100],
    ])
  })
})

it('machines are counted by how they are, and those to look at are named', () => {
  const nodes = [
    aFleetNode({ name: 'a', seenAt: SILENT_MS * 2 }),
    aFleetNode({ name: 'b', seenAt: SILENT_MS * 2, state: 'quarantined' }),
    aFleetNode({ name: 'c', seenAt: 0 }),
  ]
  expect(toTopNodes({ at: SILENT_MS * 2, nodes, drains: [] })).toEqual({
    nodes: { ready: 1, quarantined: 1, silent: 1 },
    ailing: ['b quarantined', 'c silent'],
  })
})
