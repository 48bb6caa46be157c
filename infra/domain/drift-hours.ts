import type { Stretch } from './drift-evaluation.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS

/** Weeks that are looked back at: one may have had a holiday. */
export const REFERENCE_WEEKS = 4
/** Days of a model that is younger than a week. */
const REFERENCE_DAYS = 6

/** Start of the hour an instant lies in. */
const hourOf = (at: number): number => at - (at % HOUR_MS)

/** The last hours that are over. @param now epoch ms @returns their starts */
export const hoursUntil = (now: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => hourOf(now) - (count - index) * HOUR_MS)

const back = (hours: readonly number[], step: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => hours.map((hour) => hour - (index + 1) * step)).flat()

/** The same hours of the weeks before. */
export const weeksBefore = (hours: readonly number[]): readonly number[] => back(hours, WEEK_MS, REFERENCE_WEEKS)

/** The same hours of the days before; none of the hours themselves. */
export const daysBefore = (hours: readonly number[]): readonly number[] => {
  const own = new Set(hours)
  return back(hours, DAY_MS, REFERENCE_DAYS).filter((hour) => !own.has(hour))
}

/** Of a stretch the hours that are like these: of the same times of the week where it has a week, else of the day, else all. */
export const hoursLike = (hours: readonly number[], { from, until }: Stretch): readonly number[] => {
  const period = until - from >= WEEK_MS ? WEEK_MS : until - from >= DAY_MS ? DAY_MS : HOUR_MS
  const phases = new Set(hours.map((hour) => hour % period))
  const own = new Set(hours)
  const first = Math.ceil(from / HOUR_MS) * HOUR_MS
  const count = Math.max(0, Math.floor((until - first) / HOUR_MS))
  return Array.from({ length: count }, (_, index) => first + index * HOUR_MS).filter(
    (hour) => phases.has(hour % period) && !own.has(hour),
  )
}

/** From the first to the end of the last. */
export const stretchOf = (hours: readonly number[]): Stretch => ({
  from: Math.min(...hours),
  until: Math.max(...hours) + HOUR_MS,
})
