import type { MusterError } from './errors.ts'

const FIRST_DELAY_MS = 500
const LARGEST_DELAY_MS = 8_000
/** Callers that failed together must not come back together. */
const JITTER_RATIO = 0.25
/** A longer wait is the application's decision, not something to sleep through. */
const LONGEST_RETRY_AFTER_MS = 60_000

/**
 * How long an answer asks to wait.
 * @param value the `Retry-After` header: whole seconds or an HTTP date
 * @param now epoch ms
 * @returns ms from now, at least 0; undefined when the header is absent or makes no sense
 * @source RFC 9110 section 10.2.3
 */
export const retryAfterMs = (value: string | null | undefined, now: number): number | undefined => {
  const text = value?.trim()
  if (!text) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Every form of HTTP date begins with a day's name; `Date.parse` alone would take "1.5" for one.
  const date = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/**
 * May a request that was answered like this be sent again, unchanged? The service's own word wins where it gave one.
 * @param retryable the problem's `retryable` member
 */
export const isRetryableStatus = (status: number, retryable: boolean | undefined): boolean => {
  // 409 is mostly final, but also what an idempotency key answers while its first request is still being taken in.
  if (status === 409) return retryable === true
  return (status === 408 || status === 429 || status >= 500) && retryable !== false
}

/**
 * How long to wait before sending again. Pure.
 * @param attempt attempts made so far, from 1
 * @param askedMs what `Retry-After` said
 * @param random 0..1
 * @returns ms, or undefined when this error is not to be retried
 */
export const retryDelayMs = (
  error: MusterError,
  attempt: number,
  askedMs: number | undefined,
  random: number,
): number | undefined => {
  if (!error.retryable) return undefined
  if (askedMs !== undefined) return askedMs <= LONGEST_RETRY_AFTER_MS ? askedMs : undefined
  return Math.min(LARGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (1 - JITTER_RATIO * random)
}
