import { meanOf, NOTHING, overOf } from './duration-sum.ts'
import { OBJECTIVE_MS, type Saturation, type Sums } from './pool-minute.ts'

/** Workers that have at least this share of what they can hold are busy: who waits, waits for them. */
export const FULL_RATIO = 0.5
/** Threads that are so long in the model do nothing else: jobs gather because they must. */
export const INFERRING_RATIO = 0.6
/** Workers that are nearly full whenever they have anything are so because it comes all at once. */
const FULL_AT_ONCE_RATIO = 0.75
/** A worker that holds one job at a time is full whenever it has one. */
const TELLING_SLOTS = 2
const OBJECTIVE_SHARE = 0.05
/** The present minute has hardly begun: with the one before it there is enough to see. */
const LATELY_COUNT = 2

const fullAtOnce = ({ busy, present, slots, 'in-hand': inHand }: Sums): boolean => {
  if (!busy || !present || !slots || !inHand || busy.total <= 0 || present.total <= 0) return false
  const slotCount = slots.total / present.total
  return slotCount >= TELLING_SLOTS && inHand.total / busy.total >= FULL_AT_ONCE_RATIO * slotCount
}

/** Do workers have as much as they can, so that who waits, waits for them? */
export const isBusy = (sums: Sums, { full, inferring }: Saturation): boolean =>
  full === undefined || full >= FULL_RATIO || (inferring ?? 0) >= INFERRING_RATIO || fullAtOnce(sums)

/**
 * Did jobs wait for a worker in most of these minutes? In few of them it may have been many at once, or a deployment: workers
 * that have room on average had none then.
 * @param leastMs to wait so long is to wait
 */
export const waitedThroughout = (minutes: readonly Sums[], leastMs: number): boolean => {
  const waited = minutes.filter((sums) => (meanOf(sums['hop/queue'] ?? NOTHING) ?? 0) >= leastMs)
  return waited.length * 2 > minutes.length
}

const isMissedIn = (sums: Sums): boolean => (overOf(sums.wait ?? NOTHING, OBJECTIVE_MS) ?? 0) > OBJECTIVE_SHARE

/** Do too many callers wait longer than the objective allows, in all of the time and in its last minutes: does it go on? */
export const isMissed = (sums: Sums, minutes: readonly Sums[]): boolean =>
  isMissedIn(sums) && minutes.slice(-LATELY_COUNT).some(isMissedIn)
