import { describe, expect, it } from 'vitest'
import { hoursAhead, planInWords, planOf, trendOf } from '../../../autoscaler/plan.ts'
import { createPlanner } from '../../../autoscaler/planner.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { ScheduleWindow } from '../../../infra/domain/scaling.ts'
import type { Notice } from '../../../infra/ports/notifier.ts'
import { MemoryDecisionStore } from '../../fakes/decision-store.ts'
import { createMemoryPlanStore } from '../../fakes/plan-store.ts'
import { aKept } from '../../fixtures/decisions.ts'
import { silence } from '../../fixtures/silence.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
/** Tuesday, 22:20 UTC */
const AT = 1_700_000_400_000

const minutesOf = (count: number, rateAt: (back: number) => number) =>
  Array.from({ length: count }, (_, index) => ({
    ...{ minute: AT - (count - index) * MINUTE_MS, refusedCount: 0 },
    offeredCount: rateAt(count - index) * 60,
  }))
const inputs = (minutes: ReturnType<typeof minutesOf>, windows: readonly ScheduleWindow[] = []) => ({
  ...{ pool: 'checks', at: AT, minutes, capacity: 10, bounds: { min: 1, max: 40 }, windows },
  last: aKept({ to: 5 }),
})
const opening: ScheduleWindow = {
  ...{ name: 'opening', pool: 'checks', timeZone: 'Etc/UTC', days: [], dates: ['2023-11-15'], except: [] },
  ...{ start: '01:00', end: '03:00', leadMinutes: 10, clause: 'floor', count: 30, priority: 0 },
}

describe('the trend', () => {
  it('is the line through the last half hour, drawn twenty minutes on, with a fifth on top', () => {
    // 130/s now and one more a minute: 150/s at the next plan.
    const trend = trendOf(inputs(minutesOf(60, (back) => 130.5 - back)))
    expect(trend?.slope).toBeCloseTo(1)
    expect(trend?.rate).toBeCloseTo(130)
    expect(trend?.ahead).toBeCloseTo(180)
    expect(trend?.desired).toBe(18)
  })

  it('does not fall below nothing, and says nothing of nothing', () => {
    expect(trendOf(inputs(minutesOf(30, (back) => back * 3)))).toMatchObject({ ahead: 0, desired: 1 })
    expect(trendOf(inputs(minutesOf(1, () => 5)))).toBeUndefined()
    expect(trendOf(inputs([]))).toBeUndefined()
  })
})

describe('the hours ahead', () => {
  it('are as the same hours a week ago, at the level of today', () => {
    const weekAgo = (back: number) => back > 6 * DAY_MINUTES
    const hours = hoursAhead(inputs(minutesOf(8 * DAY_MINUTES, (back) => (weekAgo(back) ? 100 : 50))))
    expect(hours.map(({ desired }) => desired)).toEqual([5, 5, 5, 5, 5, 5])
    expect(hours[1]?.at).toBe(AT + 60 * MINUTE_MS)
  })

  it('are for the busiest ten minutes', () => {
    // A week ago, in the second hour to come, ten minutes were four times as busy.
    const burst = (back: number) => {
      const ahead = 7 * DAY_MINUTES - back
      return ahead >= 70 && ahead < 80 ? 200 : 50
    }
    const hours = hoursAhead(inputs(minutesOf(8 * DAY_MINUTES, burst)))
    expect(hours.map(({ desired }) => desired)).toEqual([5, 20, 5, 5, 5, 5])
  })

  it('are those of yesterday while no week is known, and none on the first day', () => {
    expect(hoursAhead(inputs(minutesOf(2 * DAY_MINUTES, () => 30)))).toHaveLength(6)
    expect(hoursAhead(inputs(minutesOf(600, () => 30)))).toEqual([])
  })
})

it('is told in words', () => {
  const minutes = minutesOf(2 * DAY_MINUTES, () => 30)
  expect(planInWords(planOf(inputs(minutes, [opening])))).toEqual([
    'checks: plan of 22:20 UTC, 5 nodes now',
    'regression: 30/s, +0/s a minute: 4 nodes in 20 min',
    'forecast: up to 75/s by blend: 8 nodes',
    'ahead, as on the days before: 22:20 3, 23:20 3, 00:20 3, 01:20 3, 02:20 3, 03:20 3',
    'schedule: floor 30 from 00:50 UTC (opening)',
  ])
})

describe('the planner', () => {
  const start = (lead: number | undefined, minutes = async () => minutesOf(60, () => 30)) => {
    const notices: Notice[] = []
    const plans = createMemoryPlanStore()
    const planner = createPlanner(
      {
        ...{ lead: () => lead, demand: { minutes }, decisions: new MemoryDecisionStore(), plans, log: silence().log },
        ...{ scheduleStore: { list: async () => [] }, clock: { now: () => AT } },
        notifier: { tell: (notice) => void notices.push(notice) },
      },
      { bounds: new Map([['checks', { min: 1, max: 40 }]]), capacityPerNode: () => 10 },
    )
    return { planner, plans, notices }
  }

  it('keeps a plan of every pool and tells of it', async () => {
    const { planner, plans, notices } = start(1)
    await planner.round()
    expect(await plans.latest('checks')).toMatchObject({ at: AT, trend: { desired: 4 } })
    expect(notices).toMatchObject([{ kind: 'digest', pool: 'checks', key: 'plan:checks' }])
  })

  it('leaves it to whoever leads', async () => {
    const { planner, notices } = start(undefined)
    await planner.round()
    expect(notices).toEqual([])
  })

  it('does without a plan while the database is away', async () => {
    const { planner, plans, notices } = start(1, async () => {
      throw new UnavailableError('postgres', new Error('away'))
    })
    await planner.round()
    expect(await plans.latest('checks')).toBeUndefined()
    expect(notices).toEqual([])
  })

  it('starts and stops', async () => {
    const { planner } = start(1)
    planner.start()
    await planner.stop()
  })
})
