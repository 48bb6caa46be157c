import type { DemandMinute } from '../infra/ports/demand-store.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Pairs of days of old of which each would have to be like the other: the last two weeks, else yesterday and last week. */
const PAIRS = [
  [7 * DAY_MS, 14 * DAY_MS],
  [DAY_MS, 7 * DAY_MS],
] as const
/** The smaller of two like days is at least this share of the greater. */
const ALIKE_RATIO = 0.7
/** Requests of another day are a mean of so much on either side: those of one minute are chance. */
const AROUND_MS = 2 * MINUTE_MS
/** Below this many checks a second half of them may stay away by chance. */
const LEAST_RATE = 0.5
const COLLAPSED_RATIO = 0.5
/** Nobody asks for more. */
const LOOK_BACK_MINUTES = 120

/** Mean demand between the starts of two minutes in checks a second; undefined = nothing is known of that time. */
export type DemandAt = (from: number, until: number) => number | undefined

/** The first of them that is not before an instant: weeks are searched again and again. */
const indexAt = (minutes: readonly DemandMinute[], instant: number): number => {
  let [low, high] = [0, minutes.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((minutes[middle] as DemandMinute).minute < instant) low = middle + 1
    else high = middle
  }
  return low
}

/** @param minutes oldest first; a minute that is missing had no demand, unless it is before the first */
export const demandAt = (minutes: readonly DemandMinute[]): DemandAt => {
  const first = minutes[0]?.minute ?? Number.POSITIVE_INFINITY
  return (from, until) => {
    if (from < first || until <= from) return undefined
    let sum = 0
    for (let index = indexAt(minutes, from); (minutes[index]?.minute ?? until) < until; index += 1)
      sum += minutes[index]?.offeredCount ?? 0
    return (sum * 1000) / (until - from)
  }
}

/** What the season lets expect of a minute, where it is sure of it: two like days agree, and it is the smaller of them. */
const expectedAt = (demand: DemandAt, minute: number): number | undefined => {
  const around = (agoMs: number) => demand(minute - agoMs - AROUND_MS, minute - agoMs + MINUTE_MS + AROUND_MS)
  for (const [one, other] of PAIRS) {
    const [a, b] = [around(one), around(other)]
    if (a === undefined || b === undefined) continue
    const low = Math.min(a, b)
    if (low >= LEAST_RATE && low >= ALIKE_RATIO * Math.max(a, b)) return low
  }
  return undefined
}

/**
 * For how long demand has now been less than half of what the season lets expect, where it is sure of that; 0 = it is not.
 * Such a fall is mostly a fault on the way here, and the callers come back all at once. Pure.
 * @param told epoch ms until when demand is known
 */
export const collapsedMs = (demand: DemandAt, told: number): number => {
  const last = told - (told % MINUTE_MS) - MINUTE_MS
  let count = 0
  for (; count < LOOK_BACK_MINUTES; count += 1) {
    const minute = last - count * MINUTE_MS
    const [expected, seen] = [expectedAt(demand, minute), demand(minute, minute + MINUTE_MS)]
    if (expected === undefined || seen === undefined || seen >= COLLAPSED_RATIO * expected) break
  }
  return count * MINUTE_MS
}
