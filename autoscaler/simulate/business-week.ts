import type { Trace } from './trace.ts'

const DAYS = 21
const INTERVAL_MINUTES = 5
const PER_DAY = (24 * 60) / INTERVAL_MINUTES
/** A Monday, so that weekends lie where they belong. */
const START_AT = Date.UTC(2026, 8, 7)
/** Requests a second at the busiest: a fleet of some forty nodes of ten. */
const PEAK = 400
const OPENING_HOUR = 9
const CLOSING_HOUR = 18
const NIGHT_SHARE = 0.02
const WEEKEND_SHARE = 0.25
/** How busy the days of a week are, Monday first. */
const DAY_SHARES = [1, 0.92, 0.88, 0.86, 0.95, WEEKEND_SHARE, WEEKEND_SHARE / 2] as const

/** Two humps, before lunch and in the afternoon, between an opening that jumps and a closing that fades. */
const shareAt = (hour: number): number => {
  if (hour < OPENING_HOUR || hour >= CLOSING_HOUR + 2) return NIGHT_SHARE
  const hump = (middle: number, width: number) => Math.exp(-(((hour - middle) / width) ** 2))
  const open = 0.35 + 0.65 * Math.max(hump(11, 1.8), 0.85 * hump(15.5, 2.2))
  return hour < CLOSING_HOUR ? open : NIGHT_SHARE + (open - NIGHT_SHARE) * Math.exp(-(hour - CLOSING_HOUR) * 2)
}

/** Three made-up weeks of shops that open at nine, for those who have no trace of their own yet. */
export const businessWeek = (): Trace => ({
  startAt: START_AT,
  intervalMinutes: INTERVAL_MINUTES,
  rates: Array.from({ length: DAYS * PER_DAY }, (_, index) => {
    const day = Math.floor(index / PER_DAY)
    const hour = ((index % PER_DAY) * INTERVAL_MINUTES) / 60
    return PEAK * (DAY_SHARES[day % DAY_SHARES.length] ?? 1) * shareAt(hour)
  }),
})
