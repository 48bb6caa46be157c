import type { Answered } from '../domain/answered.ts'
import type { Hop } from '../domain/hop.ts'

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
  | 'spans_dropped'

/** What use cases tell of themselves. Labels: never a tenant, a job or a person. */
export interface Metrics {
  /**
   * @param ms time spent in the hop
   * @param isHeldUp false = the job may take so long: nobody waits, or it has been here before. That is no sign of a slow hop
   */
  hop(hop: Hop, task: string, ms: number, isHeldUp?: boolean): void
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
