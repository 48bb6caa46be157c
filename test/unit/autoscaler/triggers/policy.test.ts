import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, type Situation } from '../../../../autoscaler/policy.ts'
import { report } from '../../../../autoscaler/report.ts'
import { judgeTriggers } from '../../../../autoscaler/triggers/judge.ts'
import { triggerDoubts } from '../../../../autoscaler/triggers/words.ts'
import type { TriggerReading } from '../../../../infra/domain/trigger.ts'
import { aReading, aTrigger, noData, said } from '../../../fixtures/triggers.ts'

const aSituation = (overrides: Partial<Situation> = {}): Situation => ({
  ...{ pool: 'checks', now: 0, count: 5, forecast: { desired: 5, why: 'blend' }, backstop: 0 },
  ...{ schedule: { floor: undefined, ceiling: undefined, by: [] }, override: undefined },
  ...{ bounds: { min: 1, max: 40 }, doubts: [] },
  ...overrides,
})
const override = (kind: 'pin' | 'ceiling', count: number) => ({
  ...{ id: '1', pool: 'checks', actor: 'ada', reason: 'budget', createdAt: 0, expiresAt: 1, kind, count },
})
const asking = (asks: number) => [aReading({ asks, why: `partner-queue wants ${asks}` })]

describe('the decision with triggers', () => {
  it.each<[string, Partial<Situation>, number]>([
    ['follows a trigger that wants more than the forecast', { triggers: asking(7) }, 7],
    ['follows the forecast where it wants more', { forecast: { desired: 12, why: 'b' }, triggers: asking(7) }, 12],
    ['follows the backlog where it wants more', { backstop: 20, triggers: asking(7) }, 20],
    ['follows the trigger that wants the most', { triggers: [...asking(7), ...asking(9), ...asking(2)] }, 9],
    ['takes no node away for a trigger that wants less', { triggers: asking(1) }, 5],
    ['follows a trigger before there is any forecast', { forecast: undefined, triggers: asking(7) }, 7],
    ['goes down to what a trigger asks for', { count: 20, triggers: asking(7) }, 7],
    ['keeps still for a saving that is not worth its boot', { count: 8, triggers: asking(7) }, 8],
    [
      'keeps a trigger to the ceiling of the schedule',
      { triggers: asking(30), schedule: { floor: undefined, ceiling: 9, by: ['w'] } },
      9,
    ],
    ['keeps a trigger to what a person said', { triggers: asking(30), override: override('pin', 3) }, 3],
    ['keeps a trigger to the bounds', { triggers: asking(5_000) }, 40],
  ])('%s', (_, situation, to) => {
    expect(decide(aSituation(situation)).to).toBe(to)
  })

  it('says so as a step of its own, and what it would have been without', () => {
    const decision = decide(aSituation({ triggers: [aReading()] }))
    expect(decision.without).toEqual({ schedule: 7, override: 7, triggers: 5 })
    expect(report(decision)).toEqual([
      'checks: 5 -> 7 nodes',
      'trigger 5 -> 7 (partner-queue 340 / 50 a node = 7 nodes)',
      'without triggers: 5',
    ])
  })
})

it('reckons without what triggers do not know, too', () => {
  const unknown = aReading({ state: 'unknown', wanted: undefined, asks: 0, why: 'partner-queue is unknown: no data' })
  const held = { count: 9, forecast: { desired: 3, why: 'b' }, triggers: [unknown] }
  const doubts = triggerDoubts([unknown])
  expect(decide(aSituation({ ...held, doubts }))).toMatchObject({ to: 9, without: { triggers: 3 } })
  expect(decide(aSituation({ ...held, doubts: [...doubts, 'the demand is unknown'] })).without.triggers).toBe(9)
})

describe('whatever triggers say', () => {
  const value = fc.double({ min: 0, max: 5_000, noNaN: true })
  const situation = fc.record({
    count: fc.integer({ min: 1, max: 40 }),
    desired: fc.integer({ min: 0, max: 60 }),
    backstop: fc.integer({ min: 0, max: 60 }),
  })
  const decided = (
    { count, desired, backstop }: { count: number; desired: number; backstop: number },
    readings: readonly TriggerReading[],
  ) =>
    decide(
      aSituation({
        count,
        backstop,
        forecast: { desired, why: 'f' },
        triggers: readings,
        doubts: triggerDoubts(readings),
      }),
    ).to
  const readingsOf = (values: readonly (number | undefined)[]) =>
    judgeTriggers(
      values.map((one, index) => ({
        trigger: aTrigger({ name: `t${index}` }),
        answer: one === undefined ? noData : said(one),
      })),
      new Map(),
      0,
    ).readings

  it('the bounds hold, and no trigger takes a node away that something else wants', () => {
    fc.assert(
      fc.property(situation, fc.array(fc.option(value, { nil: undefined }), { maxLength: 4 }), (given, values) => {
        const [without, to] = [decided(given, []), decided(given, readingsOf(values))]
        expect(to).toBeGreaterThanOrEqual(without)
        expect(to).toBeLessThanOrEqual(40)
        expect(to).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  it('no node goes while one of them is unknown', () => {
    fc.assert(
      fc.property(situation, fc.array(value, { maxLength: 3 }), (given, values) => {
        expect(decided(given, readingsOf([...values, undefined]))).toBeGreaterThanOrEqual(given.count)
      }),
    )
  })

  it('a higher value never leads to fewer nodes', () => {
    fc.assert(
      fc.property(situation, value, value, (given, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        expect(decided(given, readingsOf([less]))).toBeLessThanOrEqual(decided(given, readingsOf([more])))
      }),
    )
  })
})
