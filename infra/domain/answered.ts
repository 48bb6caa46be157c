/**
 * How a request for a check was answered:
 * - `succeeded`, `caller-fault`, `service-fault`, `expired`, `canceled`: with the job's outcome; `caller-fault` is a good answer
 * - `accepted`: with 202 at once, as it wished
 * - `waiting`: with 202, because the outcome was not there when the caller's patience was over
 * - `refused`: 429 or 503 because of load or of something that is away
 * - `over-quota`: 429 because of the tenant's own limit
 * - `invalid`: the request was wrong
 * - `error`: any other 5xx
 */
export const ANSWERS = [
  'succeeded',
  'caller-fault',
  'service-fault',
  'expired',
  'canceled',
  'accepted',
  'waiting',
  'refused',
  'over-quota',
  'invalid',
  'error',
] as const
export type Answered = (typeof ANSWERS)[number]

const WAITED: ReadonlySet<Answered> = new Set([
  'succeeded',
  'caller-fault',
  'service-fault',
  'expired',
  'canceled',
  'waiting',
])

/** Did its caller wait for a worker? Who is refused or goes at once says nothing about how long that takes. */
export const hasWaited = (answered: Answered): boolean => WAITED.has(answered)
