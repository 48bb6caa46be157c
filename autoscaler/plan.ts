import { linearRegression, linearRegressionLine } from 'simple-statistics'
import type { CountBounds, KeptDecision, Plan, PlannedHour, ScheduleWindow, Trend } from '../infra/domain/scaling.ts'
import type { DemandMinute } from '../infra/ports/demand-store.ts'
import { type DemandAt, demandAt } from './collapse.ts'
import { nodes } from './report.ts'
import { occurrences } from './schedule.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** From one plan to the next. */
export const PLAN_MS = 20 * MINUTE_MS
/** The line is drawn through so many minutes. */
const TREND_MINUTES = 30
/** A line says nothing of how far demand strays from it. */
const HEADROOM_RATIO = 1.2
const PLANNED_HOURS = 6
/** Within an hour nodes are for its busiest ten minutes, not for its mean. */
const BUSY_MS = 10 * MINUTE_MS
/** Today may be so much busier or quieter than the day it is compared with. */
const LEVEL_RATIO = 2
/** Days to compare with, the most alike first. */
const DAYS_AGO = [7, 1] as const

/** What a plan is made of. */
export interface PlanInputs {
  readonly pool: string
  /** epoch ms */
  readonly at: number
  /** of eight days, oldest first; a minute that is missing had no demand, unless it is before the first */
  readonly minutes: readonly DemandMinute[]
  /** checks a second of one node */
  readonly capacity: number
  readonly bounds: CountBounds
  readonly last: Pick<KeptDecision, 'to' | 'forecast'> | undefined
  readonly windows: readonly ScheduleWindow[]
}

const within = ({ min, max }: CountBounds, count: number): number => Math.min(max, Math.max(min, count))

/** The straight line through the last half hour, drawn to the next plan. @source simple-statistics, linearRegression */
export const trendOf = ({ at, minutes, capacity, bounds }: PlanInputs): Trend | undefined => {
  const demand = demandAt(minutes)
  const now = at - (at % MINUTE_MS)
  const points: [number, number][] = []
  for (let back = TREND_MINUTES; back >= 1; back -= 1) {
    const rate = demand(now - back * MINUTE_MS, now - (back - 1) * MINUTE_MS)
    if (rate !== undefined) points.push([0.5 - back, rate])
  }
  if (points.length < 2) return undefined
  const line = linearRegression(points)
  const ahead = Math.max(0, linearRegressionLine(line)(PLAN_MS / MINUTE_MS)) * HEADROOM_RATIO
  const desired = within(bounds, Math.ceil(ahead / capacity))
  return { rate: Math.max(0, line.b), slope: line.m, ahead, desired }
}

const busiest = (demand: DemandAt, from: number): number | undefined => {
  const rates: number[] = []
  for (let at = from; at < from + HOUR_MS; at += BUSY_MS) {
    const rate = demand(at, at + BUSY_MS)
    if (rate !== undefined) rates.push(rate)
  }
  return rates.length > 0 ? Math.max(...rates) : undefined
}

/** How much busier than then it is now; 1 where that cannot be told. */
const levelOf = (demand: DemandAt, at: number, agoMs: number): number => {
  const [now, then] = [demand(at - HOUR_MS, at), demand(at - HOUR_MS - agoMs, at - agoMs)]
  if (!now || !then) return 1
  return Math.min(LEVEL_RATIO, Math.max(1 / LEVEL_RATIO, now / then))
}

/** The next hours as a day before them was, brought to today's level. */
export const hoursAhead = ({ at, minutes, capacity, bounds }: PlanInputs): readonly PlannedHour[] => {
  const demand = demandAt(minutes)
  const now = at - (at % MINUTE_MS)
  const first = minutes[0]?.minute ?? Number.POSITIVE_INFINITY
  const days = DAYS_AGO.find((ago) => now - ago * DAY_MS - HOUR_MS >= first)
  if (days === undefined) return []
  const agoMs = days * DAY_MS
  const level = levelOf(demand, now, agoMs)
  return Array.from({ length: PLANNED_HOURS }, (_, index) => {
    const start = now + index * HOUR_MS
    const rate = (busiest(demand, start - agoMs) ?? 0) * level
    return { at: start, rate, desired: within(bounds, Math.ceil(rate / capacity)) }
  })
}

/** What is to be expected of a pool: the trend, the days before, the schedule, each for itself. Pure. */
export const planOf = (inputs: PlanInputs): Plan => {
  const { pool, at, last, windows } = inputs
  const own = windows.filter((window) => window.pool === pool)
  const ahead = occurrences(own, at, at + PLANNED_HOURS * HOUR_MS).filter(({ effectiveAt }) => effectiveAt >= at)
  return {
    ...{ pool, at, count: last?.to ?? 0, forecast: last?.forecast },
    trend: trendOf(inputs),
    hours: hoursAhead(inputs),
    windows: ahead.map(({ window: { name, clause, count }, effectiveAt }) => ({
      ...{ name, effectiveAt, says: `${clause} ${count}` },
    })),
  }
}

const rate = (perSecond: number): string => `${Number(perSecond.toPrecision(3))}/s`
const clock = (at: number): string => new Date(at).toISOString().slice(11, 16)

/** A plan in words. */
export const planInWords = ({ pool, at, count, trend, forecast, hours, windows }: Plan): readonly string[] => [
  `${pool}: plan of ${clock(at)} UTC, ${nodes(count)} now`,
  ...(trend
    ? [
        `regression: ${rate(trend.rate)}, ${trend.slope < 0 ? '' : '+'}${Number(trend.slope.toPrecision(2))}/s a minute: ${nodes(trend.desired)} in 20 min`,
      ]
    : ['regression: not enough demand is known yet']),
  ...(forecast ? [`forecast: up to ${rate(forecast.high)} by ${forecast.expert}: ${nodes(forecast.desired)}`] : []),
  ...(hours.length > 0
    ? [`ahead, as on the days before: ${hours.map((one) => `${clock(one.at)} ${one.desired}`).join(', ')}`]
    : []),
  ...windows.map(({ name, effectiveAt, says }) => `schedule: ${says} from ${clock(effectiveAt)} UTC (${name})`),
]
