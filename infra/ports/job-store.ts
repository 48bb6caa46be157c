import type { Job, JobError, JobInput, ModelRef, Timings } from '../domain/job.ts'
import type { Json } from '../domain/json.ts'
import type { Lane, TaskName } from '../domain/task.ts'

export interface NewJob {
  /** UUIDv7, made by the api: time-ordered, so rows of one day lie together */
  readonly id: string
  readonly tenant: string
  readonly task: TaskName
  readonly lane: Lane
  readonly input: JobInput
  /** from now, in ms; the database's clock turns it into the absolute deadline */
  readonly deadlineMs: number
  /** scope is the tenant; undefined = the caller did not ask for it */
  readonly idempotencyKey?: string
  /** hex SHA-256 of the canonical request; compared when the key was seen before */
  readonly fingerprint: string
  /** time the api spent on checking and storing the pictures, kept with the row */
  readonly storeMs: number
}

/** `joined`: the key was used before with the same request; `job` is that earlier one. */
export type Inserted = { readonly kind: 'inserted'; readonly job: Job } | { readonly kind: 'joined'; readonly job: Job }

export interface ClaimRequest {
  readonly id: string
  readonly workerId: string
  readonly leaseMs: number
  /** the broker says an earlier consumer died holding this message: its lease need not be waited for */
  readonly takeOver: boolean
}

/**
 * - `claimed`: run it; `job.attempt` is the fencing token
 * - `leased`: somebody else runs it; retry the message later, never ack it
 * - `finished`: nothing to do, ack
 * - `expired`: the deadline had passed; the row is now `expired`, ack
 * - `exhausted`: too many attempts or dead workers; the row is now `failed`, dead-letter the message
 * - `missing`: no such row, dead-letter
 */
export type Claim =
  | { readonly kind: 'claimed'; readonly job: Job }
  | { readonly kind: 'leased' | 'finished' | 'expired' | 'exhausted' | 'missing' }

export interface Lease {
  readonly id: string
  /** the attempt the claim answered: the fencing token */
  readonly attempt: number
}

export interface Finish extends Lease {
  readonly state: 'succeeded' | 'failed' | 'expired'
  readonly result: Json | null
  readonly error: JobError | null
  readonly models: readonly ModelRef[]
  readonly timings: Timings
}

/** `fenced`: the lease was lost or the job ended another way; this outcome was dropped. */
export type Finished = { readonly kind: 'finished'; readonly job: Job } | { readonly kind: 'fenced' }

/** What is needed to publish a job's message again. */
export type Unpublished = Pick<Job, 'id' | 'tenant' | 'task' | 'lane' | 'attempt' | 'deadline'>

export type Canceled =
  | { readonly kind: 'canceled'; readonly job: Job }
  /** it had already ended; the job as it is */
  | { readonly kind: 'final'; readonly job: Job }
  | { readonly kind: 'missing' }

export type Erased = { readonly kind: 'erased'; readonly pictures: readonly string[] } | { readonly kind: 'missing' }

/**
 * The promise: one row a job. Every time comparison uses the database's clock. Calls for single jobs may be grouped
 * into one statement by the adapter; each still gets its own answer.
 * @throws UnavailableError when the database does not answer or is read-only
 */
export interface JobStore {
  /** Durable when it resolves. @throws IdempotencyMismatchError when the key was used with another fingerprint */
  insert(job: NewJob): Promise<Inserted>
  /** The broker has confirmed the message; the reconciler need not look at this job again. */
  markPublished(ids: readonly string[]): Promise<void>
  find(tenant: string, id: string): Promise<Job | undefined>
  claim(request: ClaimRequest): Promise<Claim>
  /** Extend leases; answers the ids whose lease was lost. */
  renew(leases: readonly Lease[], leaseMs: number): Promise<readonly string[]>
  finish(outcome: Finish): Promise<Finished>
  /** Back to `queued` for another attempt, unpublished; `spend: false` hands it back as if it had never started. */
  release(lease: Lease, spend: boolean): Promise<'released' | 'fenced'>
  cancel(tenant: string, id: string): Promise<Canceled>
  /** Drop result and input; answers the keys of the pictures to delete. A running job's outcome will be dropped. */
  erase(tenant: string, id: string): Promise<Erased>
  /** Queued jobs whose publish was not confirmed within `olderThanMs` of their last change. */
  unpublished(olderThanMs: number, limit: number): Promise<readonly Unpublished[]>
  /** Queued jobs of these tasks and this lane that the broker confirmed more than `olderThanMs` ago. */
  stale(tasks: readonly TaskName[], lane: Lane, olderThanMs: number, limit: number): Promise<readonly Unpublished[]>
  /** End queued and running jobs whose deadline passed more than `graceMs` ago; answers how many. */
  expireOverdue(graceMs: number, limit: number): Promise<number>
}
