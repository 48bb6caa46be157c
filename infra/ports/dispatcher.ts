import type { Lane } from '../domain/task.ts'
import type { TenantSettings } from '../domain/tenant.ts'
import type { Publish } from './job-queue.ts'

/** Somebody wants to make a job. */
export interface AdmitRequest {
  /** the id the job will have: its place is kept under it */
  readonly jobId: string
  readonly tenant: string
  readonly pool: string
  readonly lane: Lane
  /** how long the job may take, from now */
  readonly deadlineMs: number
  readonly settings: Pick<TenantSettings, 'weight' | 'maxInFlightCount' | 'ratePerSecond' | 'burstCount'>
}

/**
 * Why a job is not taken:
 * - `rate`: the tenant's requests come faster than agreed
 * - `in-flight`: the tenant has as many unfinished jobs as agreed
 * - `wait`: it could not be over before its deadline
 */
export type RefusalReason = 'rate' | 'in-flight' | 'wait'

/** What is left of a tenant's quota after a request. */
export interface Quota {
  /** requests that may come at once now (count) */
  readonly remainingCount: number
  /** until the burst is whole again */
  readonly untilFullMs: number
  /** unfinished jobs, this one included when it was taken (count) */
  readonly inFlightCount: number
}

/** An accepted job has a place until its deadline; one that is not dispatched within a minute loses it. */
export type Admission =
  | {
      readonly kind: 'accept'
      readonly quota: Quota
      /** predicted until it is over, in ms; undefined = the pool's rate is not known */
      readonly waitMs: number | undefined
    }
  | {
      readonly kind: 'refuse'
      readonly quota: Quota
      readonly reason: RefusalReason
      readonly retryAfterMs: number
    }

/** A job whose row is committed. */
export interface Offer extends Publish {
  readonly weight: number
  /** to its deadline */
  readonly remainingMs: number
}

/** A job that needs its place no longer: over, or never made. */
export interface Ended {
  readonly jobId: string
  /** a worker's model has worked on it: it tells how fast the pool is */
  readonly served: boolean
}

/** What one worker can take, and what it has. Told again and again: it counts for a few seconds. */
export interface Capacity {
  readonly pool: string
  readonly workerId: string
  /** deliveries it holds at once (count); 0 = it is leaving */
  readonly slots: number
  /** of them bulk jobs, when nothing else is there (count) */
  readonly bulkSlots: number
  /** jobs a second it could do now without a pause; 0 = not known yet */
  readonly ratePerSecond: number
  /** jobs in hand */
  readonly jobIds: readonly string[]
}

/** A pool as the dispatcher sees it. Counts. */
export interface PoolLoad {
  readonly windowCount: number
  /** with the broker or a worker */
  readonly dispatchedCount: number
  /** waiting for a turn */
  readonly heldCount: number
  readonly ratePerSecond: number
}

/**
 * Decides who may make a job, and when its message goes to the broker: at once while the workers have room, else in a
 * fair order among tenants and lanes. Exact over all replicas. Never the truth: it may forget everything at any moment,
 * and the rows are then offered again.
 *
 * Whoever is answered messages publishes them: they are other replicas' jobs as well as his own. A crash before that loses
 * nothing, as their rows are not marked as published.
 * @throws UnavailableError when the server behind it does not answer, at once or after half a second
 */
export interface Dispatcher {
  admit(request: AdmitRequest): Promise<Admission>
  /** May be repeated: a job that waits keeps its turn, one that was let go before is answered again. */
  dispatch(offers: readonly Offer[]): Promise<readonly Publish[]>
  /** Also for a job it does not know. Answers whose turn it is. */
  ended(jobs: readonly Ended[]): Promise<readonly Publish[]>
  /** Answers whose turn it is: so a message about an end that got lost costs a few seconds. */
  announce(capacity: Capacity): Promise<readonly Publish[]>
  /** Jobs it has not heard of for a minute, each told once a minute: are they over? Then say so with `ended`. */
  doubtful(limit: number): Promise<readonly string[]>
  load(pool: string): Promise<PoolLoad>
  healthy(): boolean
}
