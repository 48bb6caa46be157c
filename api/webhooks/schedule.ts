import type { CallFailure } from '../../infra/domain/webhook.ts'
import type { CallOutcome } from '../../infra/ports/webhook-outbox.ts'
import type { Called } from '../../infra/ports/webhook-sender.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/**
 * Before each attempt, the first at once: 75 hours in all, so that a weekend without anybody is survived.
 * @source Standard Webhooks 1.0.0, "Retry schedule"
 */
export const ATTEMPT_DELAYS_MS: readonly number[] = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]
/** What failed together must not come back together. */
const JITTER_RATIO = 0.1
/** Receivers that are too busy and do not say for how long. */
const DEFAULT_PAUSE_MS = 30 * SECOND_MS
/** A receiver may slow us down, but not make us keep its calls for ever. */
const MAX_PAUSE_MS = HOUR_MS

const BUSY: ReadonlySet<number> = new Set([429, 502, 504])
const GONE = 410
/** No later attempt can go better. */
const HOPELESS: ReadonlySet<CallFailure> = new Set(['MALFORMED', 'USERINFO_REFUSED', 'SCHEME_REFUSED'])

const retryAfterMs = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined
  // A date has the name of a month; what is neither that nor a number would be parsed as a date all the same.
  const isDate = /[A-Za-z]{3}/.test(text)
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * SECOND_MS : isDate ? Date.parse(text) - now : Number.NaN
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_PAUSE_MS) : undefined
}

const pauseMsOf = (called: Called, now: number): number | undefined => {
  if (called.kind === 'failed') return undefined
  const askedMs = called.status < 400 ? undefined : retryAfterMs(called.retryAfter, now)
  return askedMs ?? (BUSY.has(called.status) ? DEFAULT_PAUSE_MS : undefined)
}

/** What is decided about a delivery after a call. */
export type Step = Omit<CallOutcome, 'id' | 'attempt' | 'durationMs'>

/**
 * Turn what a receiver said into what happens next: 2xx delivers and nothing else does, 410 ends it for good, everything
 * else comes again until the last attempt.
 * @param attempt the call's number, from 1
 * @param random 0..1
 * @param now epoch ms, for a `retry-after` that names a date
 */
export const nextStep = (called: Called, attempt: number, random: number, now: number): Step => {
  const status = called.kind === 'answered' ? called.status : null
  const body = called.kind === 'answered' && called.body !== '' ? called.body : null
  if (status !== null && status >= 200 && status < 300) return { verdict: 'delivered', status, error: null, body: null }
  const failure = called.kind === 'failed' ? called.failure : undefined
  const error = failure ?? (status !== null && status >= 300 && status < 400 ? 'REDIRECT_REFUSED' : 'STATUS_REFUSED')
  const facts = { status, error, body }
  if (status === GONE) return { verdict: 'give-up', gone: true, ...facts }
  const pauseMs = pauseMsOf(called, now)
  const paused = pauseMs !== undefined && { pauseMs }
  const delayMs = ATTEMPT_DELAYS_MS[attempt]
  if (delayMs === undefined || (failure !== undefined && HOPELESS.has(failure)))
    return { verdict: 'give-up', ...paused, ...facts }
  const retryMs = Math.max(delayMs * (1 + JITTER_RATIO * random), pauseMs ?? 0)
  return { verdict: 'retry', retryMs, ...paused, ...facts }
}
