/** The stations of a job's way, in order. Their histograms tell which one holds it up. */
export const HOPS = [
  'admit',
  'store',
  'insert',
  'publish',
  'queue',
  'claim',
  'fetch',
  'decode',
  'batch-wait',
  'infer',
  'write',
  'reply',
] as const
export type Hop = (typeof HOPS)[number]

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

/** Things worth counting besides durations. `reason` is from a small fixed set, never an id. */
export type Counted =
  | 'keys_refused'
  | 'jobs_submitted'
  | 'jobs_refused'
  | 'dispatcher_away'
  | 'jobs_finished'
  | 'jobs_canceled'
  | 'deliveries'
  | 'finishes_fenced'
  | 'messages_retried'
  | 'messages_dead'
  | 'messages_republished'
  | 'broker_reconnects'
  | 'worker_restarts'
  | 'device_faults'
  | 'pictures_swept'
  | 'webhook_calls'
  | 'webhook_endpoints_disabled'
  | 'webhook_deliveries_purged'
  | 'pictures_erased'
  | 'secrets_changed'
  | 'secrets_refused'
  | 'rollout_jobs'
  | 'rollouts_put_aside'
  | 'rollouts_taken_back'

/** What use cases tell of themselves. Labels: never a tenant, a job or a person. */
export interface Metrics {
  /** @param ms time spent in the hop */
  hop(hop: Hop, task: string, ms: number): void
  /** @param ms from the first byte of the request to its answer: what the caller waited */
  check(task: string, answered: Answered, ms: number): void
  batch(task: string, size: number): void
  count(counted: Counted, labels: { readonly task?: string; readonly reason?: string }, by?: number): void
  /** a value read when metrics are collected, for example callers now waiting */
  gauge(name: string, help: string, read: () => number): void
  /** several values of one kind, told apart by a label, for example one a pool */
  gauges(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void
  /** the same, told apart by several labels @param read their values, in their order, with the value of each */
  gaugeTable(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => readonly (readonly [values: readonly string[], value: number])[],
  ): void
}
