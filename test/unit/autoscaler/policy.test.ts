import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, type Situation } from '../../../autoscaler/policy.ts'
import { report } from '../../../autoscaler/report.ts'
import { OVERRIDE_KINDS, type Override, type OverrideKind } from '../../../infra/domain/scaling.ts'

const aSituation = (overrides: Partial<Situation> = {}): Situation => ({
  pool: 'checks',
  now: 0,
  count: 10,
  forecast: { desired: 10, why: 'blend' },
  backstop: 0,
  schedule: { floor: undefined, ceiling: undefined, by: [] },
  override: undefined,
  bounds: { min: 1, max: 100 },
  doubts: [],
  ...overrides,
})
const anOverride = (kind: OverrideKind, count: number | null = null): Override => ({
  ...{ id: '1', pool: 'checks', actor: 'ada', reason: 'campaign', createdAt: 0, expiresAt: 1 },
  ...{ kind, count },
})
const floor = (count: number) => ({ floor: count, ceiling: undefined, by: ['opening'] })
const ceiling = (count: number) => ({ floor: undefined, ceiling: count, by: ['night'] })
const wants = (desired: number) => ({ desired, why: 'blend' })

describe('decide', () => {
  it.each<[string, Partial<Situation>, number]>([
    ['follows the forecast up', { forecast: wants(14) }, 14],
    ['follows it down when that is worth it', { forecast: wants(5) }, 5],
    ['keeps a node for the deadband', { forecast: wants(9) }, 10],
    ['stays without a forecast', { forecast: undefined }, 10],
    ['puts the backlog over the forecast', { forecast: wants(8), backstop: 20 }, 20],
    ['keeps to the floor of the schedule', { forecast: wants(5), schedule: floor(12) }, 12],
    ['keeps to its ceiling', { forecast: wants(50), schedule: ceiling(30) }, 30],
    ['puts an override over the schedule', { schedule: floor(12), override: anOverride('pin', 3) }, 3],
    ['puts the bounds over an override', { override: anOverride('pin', 500) }, 100],
    ['never goes under the least', { forecast: wants(0), bounds: { min: 4, max: 100 } }, 4],
    ['lets a floor rise', { forecast: wants(20), override: anOverride('floor', 15) }, 20],
    ['lets a ceiling sink', { forecast: wants(5), override: anOverride('ceiling', 8) }, 5],
    ['holds', { forecast: wants(40), override: anOverride('hold') }, 10],
    ['goes up without scale-in', { forecast: wants(40), override: anOverride('no-scale-in') }, 40],
    ['does not go down without scale-in', { forecast: wants(2), override: anOverride('no-scale-in') }, 10],
    ['does not go down on what it does not know', { forecast: wants(2), doubts: ['demand is 3 min old'] }, 10],
    ['goes up on what it half knows', { forecast: wants(15), doubts: ['depth unknown'] }, 15],
    ['obeys the schedule in doubt', { forecast: wants(2), schedule: floor(30), doubts: ['x'] }, 30],
    ['lets no ceiling of the schedule take nodes away in doubt', { schedule: ceiling(3), doubts: ['x'] }, 10],
    ['lets a person take nodes away in doubt', { override: anOverride('pin', 2), doubts: ['x'] }, 2],
  ])('%s', (_, situation, to) => {
    expect(decide(aSituation(situation)).to).toBe(to)
  })

  it('says what it would have been otherwise', () => {
    const decision = decide(aSituation({ forecast: wants(12), schedule: floor(50), override: anOverride('pin', 7) }))
    expect(decision.without).toEqual({ schedule: 7, override: 50 })
  })

  it('stays within the bounds, takes nothing away in doubt, and tells every step, whatever comes', () => {
    const count = fc.integer({ min: 0, max: 200 })
    const maybe = fc.option(count, { nil: undefined })
    const situations = fc.record({
      pool: fc.constant('checks'),
      now: fc.constant(0),
      count: fc.integer({ min: 1, max: 100 }),
      forecast: fc.option(fc.record({ desired: count, why: fc.constant('f') }), { nil: undefined }),
      backstop: count,
      schedule: fc.record({ floor: maybe, ceiling: maybe, by: fc.constant(['s']) }),
      override: fc.option(
        fc.tuple(fc.constantFrom(...OVERRIDE_KINDS), count).map(([kind, said]) => anOverride(kind, said)),
        { nil: undefined },
      ),
      bounds: fc.constant({ min: 1, max: 100 }),
      doubts: fc.constantFrom([], ['demand is missing']),
    })
    fc.assert(
      fc.property(situations, (situation) => {
        const { from, to, direction, steps } = decide(situation)
        expect(to).toBeGreaterThanOrEqual(1)
        expect(to).toBeLessThanOrEqual(100)
        if (situation.doubts.length > 0 && !situation.override) expect(to).toBeGreaterThanOrEqual(from)
        expect(direction).toBe(to > from ? 'up' : to < from ? 'down' : 'none')
        let at = from
        for (const step of steps) {
          expect(step.before).toBe(at)
          at = step.after
        }
        expect(at).toBe(to)
      }),
    )
  })
})

it('is reported in words', () => {
  const situation = aSituation({ forecast: wants(12), schedule: floor(50) })
  expect(report(decide(situation))).toEqual([
    'checks: 10 -> 50 nodes',
    'forecast 10 -> 12 (blend)',
    'schedule 12 -> 50 (opening)',
    'without schedule: 12',
  ])
  expect(report(decide(aSituation()))).toEqual(['checks: 10 nodes, no change'])
})
