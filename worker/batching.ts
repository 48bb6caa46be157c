export interface BatchPolicy {
  /** most items in one batch */
  readonly maxSize: number
  /** longest an item waits for company while a slot is free, in ms; 0 = goes at once */
  readonly maxDelayMs: number
}

export interface Waiting {
  /** monotonic ms */
  readonly since: number
  /** monotonic ms; the item is worthless after it */
  readonly expiresAt: number
}

export type BatchDecision =
  /** run the first `count` items now */
  | { readonly kind: 'run'; readonly count: number }
  /** look again after so many ms, or when an item arrives */
  | { readonly kind: 'wait'; readonly ms: number }

/**
 * What to do with the items that wait while a slot is free. Pure. Company is waited for only while nobody's deadline
 * comes nearer than the wait itself, so batching never costs a job its answer.
 * @param waiting oldest first, none expired, not empty
 * @source NVIDIA Triton, `max_queue_delay_microseconds`
 */
export const decideBatch = (waiting: readonly Waiting[], now: number, policy: BatchPolicy): BatchDecision => {
  if (waiting.length >= policy.maxSize) return { kind: 'run', count: policy.maxSize }
  const oldest = waiting[0]?.since ?? now
  const soonest = Math.min(...waiting.map(({ expiresAt }) => expiresAt))
  const ms = Math.min(oldest + policy.maxDelayMs - now, soonest - policy.maxDelayMs - now)
  return ms > 0 ? { kind: 'wait', ms } : { kind: 'run', count: waiting.length }
}
