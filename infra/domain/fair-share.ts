import type { Lane } from './task.ts'

/**
 * The arithmetic of admission and of the order of dispatch. Pure. The dispatcher in Redis computes the same in Lua, so
 * that one step sees all replicas; a property test holds the two together.
 */

/** How the lanes of a busy pool share it: of ten jobs started, nine are interactive while both lanes have work waiting. */
export const LANE_WEIGHT: Readonly<Record<Lane, number>> = { interactive: 9, bulk: 1 }

/**
 * Of the time to the deadline so much may be spent by the prediction: what is left covers the batch in the model, a retry
 * of a neighbour, and the tenants that come after and share the pool.
 */
export const WAIT_RATIO = 0.9

/** While a message travels to a worker another job ends: the window is larger by the jobs of that long. */
export const TURNAROUND_MS = 25

/** What a pool takes while no worker has told what it can hold. */
export const UNKNOWN_SLOTS: Slots = { total: 16, bulk: 8 }

/** Bounds of `Retry-After`: a second is the header's unit, and a caller sent away for longer would not notice relief. */
const MIN_RETRY_AFTER_MS = 1000
const MAX_RETRY_AFTER_MS = 60_000

/** Deliveries the workers of a pool can hold (count). */
export interface Slots {
  readonly total: number
  /** of them for bulk jobs, when nobody else is there */
  readonly bulk: number
}

/** Jobs that may be with the broker and the workers at once. @param ratePerSecond of the pool, 0 = not known */
export const windowOf = ({ total, bulk }: Slots, ratePerSecond: number): Slots => {
  const travelling = Math.ceil((ratePerSecond * TURNAROUND_MS) / 1000)
  return { total: total + travelling, bulk: bulk + travelling }
}

/** A token bucket, kept as the instant from which it is full again. */
export interface Bucket {
  readonly ratePerSecond: number
  readonly burstCount: number
}

/** What is in a token bucket. */
export interface Tokens {
  /** instant from which the bucket is full again */
  readonly fullAt: number
  /** requests that may come at once (count) */
  readonly remainingCount: number
  readonly untilFullMs: number
}

/** @param fullAt as the last `takeToken` told it; undefined = nothing was taken yet */
export const tokensIn = ({ ratePerSecond, burstCount }: Bucket, fullAt: number | undefined, now: number): Tokens => {
  const untilFullMs = Math.max(0, (fullAt ?? now) - now)
  const remainingCount = Math.max(0, Math.floor(burstCount - (untilFullMs * ratePerSecond) / 1000 + ROUNDING))
  return { fullAt: now + untilFullMs, remainingCount, untilFullMs }
}

/**
 * Take a token: what is left then, and how long one that was not there takes to come (0 = it was taken).
 * @source ATM Forum, Traffic Management Specification 4.0, section 4.4.3: the generic cell rate algorithm
 */
export const takeToken = (
  bucket: Bucket,
  fullAt: number | undefined,
  now: number,
): Tokens & { readonly retryAfterMs: number } => {
  const everyMs = 1000 / bucket.ratePerSecond
  const before = tokensIn(bucket, fullAt, now)
  const lateMs = before.untilFullMs + everyMs - bucket.burstCount * everyMs
  if (lateMs > ROUNDING_MS) return { ...before, retryAfterMs: lateMs }
  return { ...tokensIn(bucket, before.fullAt + everyMs, now), retryAfterMs: 0 }
}

/** Of sums of fractions: a whole token must not be lost to the last bit. */
const ROUNDING = 1e-6
/** The same for instants. */
export const ROUNDING_MS = 0.01

/** One tenant's waiting jobs in a lane. */
export interface Waiting {
  readonly count: number
  readonly weight: number
}

/**
 * Jobs that start before a tenant's next one has started, that one included: what he has waiting, and of everybody else
 * as many as their weight lets pass meanwhile.
 */
export const aheadCount = (own: Waiting, others: readonly Waiting[]): number =>
  others.reduce(
    (sum, { count, weight }) => sum + Math.min(count, ((own.count + 1) * weight) / own.weight),
    own.count + 1,
  )

/** The same, with the other lane's jobs among them. @param otherCount waiting there */
export const aheadOfBoth = (lane: Lane, count: number, otherCount: number): number => {
  const other: Lane = lane === 'bulk' ? 'interactive' : 'bulk'
  return count + Math.min(otherCount, (count * LANE_WEIGHT[other]) / LANE_WEIGHT[lane])
}

/** What a caller is told who comes too soon. */
export const retryAfter = (ms: number): number => Math.min(Math.max(ms, MIN_RETRY_AFTER_MS), MAX_RETRY_AFTER_MS)

/**
 * Would it be over in time?
 * @param waitMs predicted until it is over; undefined = no rate is known
 * @returns how long until it would be; 0 = it would
 */
export const surplusMs = (waitMs: number | undefined, deadlineMs: number): number =>
  Math.max(0, (waitMs ?? 0) - deadlineMs * WAIT_RATIO)
