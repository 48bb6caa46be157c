import { describe, expect, it } from 'vitest'
import { backlogOf, commonBounds, externalChange, situationOf } from '../../../autoscaler/situation.ts'
import { type DecisionOutcome, OUTCOMES } from '../../../infra/domain/scaling.ts'
import { aKept, aMeasurement } from '../../fixtures/decisions.ts'

const view = { desiredCount: 8, placedCount: 5, runningCount: 5, bounds: undefined, version: '1' }
const wishes = { schedule: { floor: undefined, ceiling: undefined, by: [] }, override: undefined }
const bounds = { min: 1, max: 40 }
const signal = (value: number) => ({ value, ageMs: 0 })

describe('situationOf', () => {
  it('decides from what is asked for, not from what runs', () => {
    const { forecast } = aKept()
    const situation = situationOf({ measurement: aMeasurement(), view, forecast, wishes, bounds, doubts: [] })
    expect(situation).toMatchObject({ count: 8, backstop: 0, forecast: { desired: 8, why: 'blend, up to 75/s' } })
  })

  it('takes nodes whose workers are not ready for nodes that do not work', () => {
    const waiting = { waiting: signal(40), inHand: signal(0), rate: signal(20) }
    const seen = { view: { ...view, desiredCount: 5 }, forecast: undefined, wishes, bounds, doubts: [] }
    expect(situationOf({ ...seen, measurement: aMeasurement(waiting) }).backstop).toBe(0)
    const noneReady = aMeasurement({ ...waiting, readyWorkers: signal(0) })
    // 40 wait, and 20 more come each second of the boot.
    expect(situationOf({ ...seen, measurement: noneReady }).backstop).toBe(9)
  })

  it('works a backlog off with what busy nodes do, where nobody measured what they can', () => {
    const slow = { waiting: signal(300), inHand: signal(0), rate: signal(10), capacityPerNode: 10, livePerNode: 5 }
    const seen = { view, forecast: undefined, wishes, bounds, doubts: [] }
    const backstopOf = (capacityMeasured: boolean) =>
      situationOf({ ...seen, measurement: aMeasurement({ ...slow, capacityMeasured }) }).backstop
    expect(backstopOf(true)).toBe(2)
    expect(backstopOf(false)).toBe(3)
  })

  it('asks the rows for the backlog where the broker does not tell', () => {
    expect(backlogOf(aMeasurement({ waiting: undefined, unfinished: signal(70) }))).toBe(70)
    expect(backlogOf(aMeasurement({ waiting: undefined, unfinished: undefined }))).toBeUndefined()
  })
})

describe('commonBounds', () => {
  it.each([
    [{ min: 1, max: 40 }, undefined, { min: 1, max: 40 }],
    [
      { min: 1, max: 40 },
      { min: 3, max: 60 },
      { min: 3, max: 40 },
    ],
    [
      { min: 20, max: 40 },
      { min: 1, max: 10 },
      { min: 1, max: 10 },
    ],
  ])('of %o and %o are %o', (own, fleet, common) => {
    expect(commonBounds(own, fleet)).toEqual(common)
  })
})

describe('externalChange', () => {
  const EXPECTED: Readonly<Record<DecisionOutcome, readonly number[]>> = {
    applied: [8],
    intended: [5, 8],
    unavailable: [5, 8],
    abandoned: [5, 8],
    none: [5],
    'not-now': [5],
    conflict: [5],
    'out-of-bounds': [5],
    'forecast-only': [5],
  }
  it.each(OUTCOMES)('knows which counts may follow a decision that is %s', (outcome) => {
    const last = aKept({ from: 5, to: 8, outcome })
    for (const count of [5, 8, 13])
      expect(externalChange(last, count) === undefined).toBe(EXPECTED[outcome].includes(count))
  })

  it('knows nothing before the first look', () => {
    expect(externalChange(undefined, 5)).toBeUndefined()
  })
})
