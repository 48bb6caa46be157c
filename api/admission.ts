/** What is known of one lane of one pool when a job asks to be admitted. */
export interface Load {
  /** messages waiting in the lane, of every api replica (count) */
  readonly depthCount: number
  /** jobs of this api replica that have not ended (count) */
  readonly inHandCount: number
  /** jobs of this api replica finished a second while it had work in hand; undefined = not known */
  readonly ratePerSecond: number | undefined
}

/** Take the job, or send its caller away for a while. */
export type Admission = { readonly kind: 'accept' } | { readonly kind: 'refuse'; readonly retryAfterMs: number }

/** Bounds of `Retry-After`: a second is the header's unit, and a caller sent away for longer would not notice relief. */
const MIN_RETRY_AFTER_MS = 1000
const MAX_RETRY_AFTER_MS = 60_000

const refuse = (retryAfterMs: number): Admission => ({
  kind: 'refuse',
  retryAfterMs: Math.min(Math.max(retryAfterMs, MIN_RETRY_AFTER_MS), MAX_RETRY_AFTER_MS),
})

/**
 * May a job still be finished before its deadline? Refused while the predicted wait, jobs in hand over jobs finished a
 * second, exceeds it; the caller is told to return when the surplus will have been worked off. With no rate to go by
 * (a fleet that is just starting, or a quiet one) jobs are taken up to the bound, so that their demand shows.
 * Every replica judges by its own share: in a queue served in order that is the same wait as the whole queue's.
 * Pure: same inputs, same answer.
 * @param deadlineMs how long the job may take, from now
 * @param maxDepthCount safety bound on the messages waiting
 * @source J. D. C. Little, "A Proof for the Queuing Formula: L = λW", 1961
 */
export const admit = (
  { depthCount, inHandCount, ratePerSecond }: Load,
  deadlineMs: number,
  maxDepthCount: number,
): Admission => {
  if (depthCount >= maxDepthCount) return refuse(MAX_RETRY_AFTER_MS)
  if (ratePerSecond === undefined || ratePerSecond <= 0) return { kind: 'accept' }
  const surplusMs = (inHandCount / ratePerSecond) * 1000 - deadlineMs
  return surplusMs <= 0 ? { kind: 'accept' } : refuse(surplusMs)
}
