import { linearRegression, linearRegressionLine } from 'simple-statistics'
import { type DemandSeries, STEPS_PER_DAY, steps } from './demand-series.ts'

/** What was asked for around one instant of an earlier day, and what followed it. Rates in requests a second. */
interface Echo {
  /** at the horizon, brought to today's level */
  readonly ahead: number
  /** how much more that is than at this time of that day, at today's level */
  readonly change: number
}

/** One simple opinion on the demand at the horizon, in requests a second. */
export interface Opinion {
  readonly name: string
  readonly rate: number
}

const LEVEL_MINUTES = [1, 2, 4, 10, 15, 20] as const
const WEEK = 7 * STEPS_PER_DAY
const ECHOES = [
  { name: 'yesterday', lag: STEPS_PER_DAY },
  { name: 'the day before yesterday', lag: 2 * STEPS_PER_DAY },
  { name: 'last week', lag: WEEK },
  { name: 'two weeks ago', lag: 2 * WEEK },
] as const

/** Half the span over which an earlier day is smoothed: a minute of a week ago is not the same minute today. */
const SMOOTHING = steps(3)
/** Over this long today is compared with that day to tell how much busier it is. */
const LEVELLING = steps(15)
/** No day is taken for more than twice, or less than half, as busy as another: beyond that it is another kind of day. */
const MAX_LEVELLING = 2
/** Demand below it, in requests a second, says nothing about how busy a day is. */
const MIN_COMPARABLE = 1
/** The regression of the last twenty minutes: the planner's, and one voice among others here. */
const REGRESSION_MINUTES = 20

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))

const around = (series: DemandSeries, index: number, half: number): number => series.mean(index - half, index + half)

const echoOf = (series: DemandSeries, lag: number, horizon: number): Echo | undefined => {
  const then = series.length - lag
  if (then < LEVELLING * 2) return undefined
  const reference = series.mean(then - LEVELLING, then)
  const busier =
    reference > MIN_COMPARABLE ? clamp(series.last(LEVELLING) / reference, 1 / MAX_LEVELLING, MAX_LEVELLING) : 1
  const ahead = around(series, then + horizon, SMOOTHING) * busier
  return { ahead, change: ahead - around(series, then, SMOOTHING) * busier }
}

/** Weeks that make a profile: one alone has its own noise. */
const PROFILE_WEEKS = 4
/** Over this long today is compared with a profile, which is calmer than one day. */
const PROFILE_LEVELLING = steps(60)
const PROFILE_SMOOTHING = steps(5)
/** How much of the last minutes a tempered profile believes. */
const TEMPER = 0.35

const busierBy = (now: number, then: number): number =>
  then > MIN_COMPARABLE ? clamp(now / then, 1 / MAX_LEVELLING, MAX_LEVELLING) : 1

/** The mean of the same time in the last weeks, brought to the level of the last hour, and partly to that of the last minutes. */
const profileOf = (series: DemandSeries, horizon: number): { readonly plain: number; readonly tempered: number } => {
  const thens = Array.from({ length: PROFILE_WEEKS }, (_, week) => series.length - (week + 1) * WEEK).filter(
    (then) => then >= PROFILE_LEVELLING * 2,
  )
  const level = series.last(steps(4))
  if (thens.length === 0) return { plain: level, tempered: level }
  const mean = (rate: (then: number) => number) => thens.reduce((sum, then) => sum + rate(then), 0) / thens.length
  const ahead = mean((then) => around(series, then + horizon, PROFILE_SMOOTHING))
  const busier = busierBy(
    series.last(PROFILE_LEVELLING),
    mean((then) => series.mean(then - PROFILE_LEVELLING, then)),
  )
  const lately = busierBy(
    level,
    mean((then) => series.mean(then - steps(6), then + steps(2))),
  )
  return { plain: ahead * busier, tempered: ahead * (busier * (1 - TEMPER) + lately * TEMPER) }
}

/** Ordinary least squares over the last twenty minutes, drawn on to the horizon; never below nothing. */
export const regressionRate = (series: DemandSeries, horizon: number): number => {
  const minute = steps(1)
  const points: [number, number][] = []
  for (let back = REGRESSION_MINUTES; back >= 1; back -= 1) {
    const from = series.length - back * minute
    if (from >= 0) points.push([from + minute / 2, series.mean(from, from + minute)])
  }
  if (points.length < 2) return series.last(minute)
  return Math.max(0, linearRegressionLine(linearRegression(points))(series.length + horizon))
}

/** The highest minute of the last five. */
const recentPeak = (series: DemandSeries): number => {
  const minute = steps(1)
  const ends = [0, 1, 2, 3, 4].map((back) => series.length - back * minute).filter((end) => end >= minute)
  return Math.max(0, ...ends.map((end) => series.mean(end - minute, end)))
}

/** Everything the simple experts have to say at one instant. */
export interface Opinions {
  /** what the blend weighs against each other */
  readonly voices: readonly Opinion[]
  /** what the learned combination is made of: levels, then two numbers for each earlier day; always the same length */
  readonly features: readonly number[]
  readonly peak: number
}

/** @param horizon how far ahead, in steps */
export const opinionsOf = (series: DemandSeries, horizon: number): Opinions => {
  const levels = LEVEL_MINUTES.map((minutes) => series.last(steps(minutes)))
  const level = levels[2] as number
  // A day that is not known yet says what the last minutes say: the combination must have its numbers.
  const echoes = ECHOES.map(({ lag }) => echoOf(series, lag, horizon) ?? { ahead: level, change: 0 })
  const profile = profileOf(series, horizon)
  const [yesterday, , lastWeek] = echoes as [Echo, Echo, Echo, Echo]
  const voices = [
    ...LEVEL_MINUTES.map((minutes, index) => ({ name: `mean of ${minutes} min`, rate: levels[index] as number })),
    { name: 'regression of 20 min', rate: regressionRate(series, horizon) },
    ...ECHOES.map(({ name }, index) => ({ name, rate: (echoes[index] as Echo).ahead })),
    { name: 'profile of four weeks', rate: profile.plain },
    { name: 'profile of four weeks, tempered', rate: profile.tempered },
    { name: "level and last week's change", rate: level + lastWeek.change },
    { name: "level and yesterday's change", rate: level + yesterday.change },
    {
      name: 'level, or the lower of yesterday and last week',
      rate: Math.max(level, Math.min(yesterday.ahead, lastWeek.ahead)),
    },
  ]
  return {
    voices: voices.map(({ name, rate }) => ({ name, rate: Math.max(0, rate) })),
    features: [...levels, ...echoes.flatMap(({ ahead, change }) => [ahead, change])],
    peak: recentPeak(series),
  }
}
