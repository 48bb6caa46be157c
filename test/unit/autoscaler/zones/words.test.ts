import { describe, expect, it } from 'vitest'
import { countsOnTheWay, heldPlan, wantedNow } from '../../../../autoscaler/zones/progress.ts'
import { troubles, zonesInWords } from '../../../../autoscaler/zones/words.ts'
import type { ZonePlan, ZoneShare } from '../../../../infra/domain/zones.ts'
import { aKept } from '../../../fixtures/decisions.ts'

const AT = Date.parse('2026-11-21T14:02:00Z')
const aShare = (zone: string, overrides: Partial<ZoneShare> = {}): ZoneShare => ({
  ...{ zone, condition: 'well', tries: 0, ran: 5, base: 0, before: 5, after: 5, placed: 5, running: 5, elsewhere: 0 },
  ...overrides,
})
const aPlan = (...shares: readonly ZoneShare[]): ZonePlan => ({ wantedBefore: 10, wanted: 10, shares })
const short = aShare('zone-b', { condition: 'short', since: AT, retryAt: AT + 600_000, after: 3, elsewhere: 2 })

describe('zones in words', () => {
  it('tell how nodes are spread, and what is missing where', () => {
    const plan = aPlan(aShare('zone-a', { after: 7, ready: 4 }), aShare('zone-b', { running: 2, ready: 2 }))
    expect(zonesInWords(plan)).toEqual(['zones: zone-a 5 -> 7 (5 running, 4 ready), zone-b 5 (2 running)'])
  })

  it.each<readonly [Partial<ZoneShare>, string]>([
    [{}, 'zone-b has no node left since 14:02: 2 of its nodes asked for in zone-a; tried again at 14:12'],
    [
      { condition: 'lost' },
      'zone-b lost all its nodes at 14:02: 2 of its nodes asked for in zone-a; tried again at 14:12',
    ],
    [{ condition: 'tried' }, 'zone-b is tried again, without nodes since 14:02: 2 of its nodes asked for in zone-a'],
    [{ elsewhere: 0 }, 'zone-b has no node left since 14:02: tried again at 14:12'],
  ])('tell what is the matter: %j', (share, words) => {
    expect(troubles(aPlan(aShare('zone-a'), { ...short, ...share }))).toEqual([words])
  })

  it('tell that no zone stands in', () => {
    expect(troubles(aPlan(short))).toEqual([
      'zone-b has no node left since 14:02: no other zone has one; tried again at 14:12',
    ])
  })
})

describe('what is asked for on the way', () => {
  const plan = aPlan(aShare('a', { after: 4 }), aShare('b', { after: 7 }))
  const view = (desiredCount: number) => {
    const counts = { placedCount: 0, runningCount: 0, bounds: undefined, version: '1', zones: [] }
    return { desiredCount, ...counts }
  }

  it('grows before it shrinks', () => {
    expect(countsOnTheWay(plan)).toEqual([10, 12, 11])
  })

  it.each([
    ['applied', 11, 10],
    ['applied', 15, 15],
    ['conflict', 12, 10],
    ['unavailable', 11, 10],
    ['unavailable', 7, 7],
    ['forecast-only', 10, 10],
    ['forecast-only', 3, 3],
  ] as const)('is no more than was wanted after a change that was %s and left %d', (outcome, present, wanted) => {
    const last = aKept({ from: 10, to: 11, outcome, zones: plan })
    expect(wantedNow(last, view(present))).toBe(wanted)
  })

  it('is what it is without zones', () => {
    expect(wantedNow(aKept(), view(9))).toBe(9)
    expect(wantedNow(undefined, view(9))).toBe(9)
    expect(heldPlan(aKept())).toBeUndefined()
  })

  it('stays as it was left while the fleet does not answer', () => {
    const counts = (outcome: 'applied' | 'conflict') =>
      heldPlan(aKept({ outcome, zones: plan }))?.shares.map(({ before, after }) => [before, after])
    expect(counts('applied')).toEqual([
      [4, 4],
      [7, 7],
    ])
    expect(counts('conflict')).toEqual([
      [5, 5],
      [5, 5],
    ])
  })
})
