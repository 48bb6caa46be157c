import type { Job, JobError, JobInput, ModelRef, Timings } from '../domain/job.ts'
import type { Json } from '../domain/json.ts'
import type { Lane, TaskName } from '../domain/task.ts'

/** How long something stays, in ms. */
export interface Retention {
  readonly pictureTtlMs: number
  readonly resultTtlMs: number
  /** false: the pictures go when the job is over, and the result when it was answered */
  readonly keep: boolean
}

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
  /** called when the job is over, beside the tenant's own endpoints */
  readonly webhookUrl?: string
  /** how long its pictures and its result stay, from now */
  readonly retention: Retention
  /** hex SHA-256 of the caller's reference to the person; the reference itself is never stored */
  readonly subjectSha256?: string
  /** time the api spent on checking and storing the pictures, kept with the row */
  readonly storeMs: number
  /** time from the request's arrival until then, kept with the row; undefined = not known */
  readonly admitMs?: number
  /** asked as the row is written: how long it has waited for that, in ms; kept with the row */
  readonly insertMs?: () => number
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
 * - `claimed`: run it; `job.attempt` is the fencing token, `attemptsLeft` how often it may be started again after this
 * - `leased`: somebody else runs it; retry the message later, never ack it
 * - `finished`: nothing to do, ack
 * - `expired`: the deadline had passed; the row is now `expired`, ack
 * - `canceled`: it was being canceled and its worker has gone; the row is now `canceled`, ack
 * - `exhausted`: too many attempts or dead workers; the row is now `failed`, dead-letter the message
 * - `missing`: no such row, dead-letter
 */
export type Claim =
  | { readonly kind: 'claimed'; readonly job: Job; readonly attemptsLeft: number }
  | { readonly kind: 'leased' | 'finished' | 'expired' | 'canceled' | 'exhausted' | 'missing' }

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
  /** digest of the thresholds; undefined = not known */
  readonly thresholdSet?: string | undefined
  readonly timings: Timings
  /** asked as it is written: how long it has waited for that, in ms; kept with the timings */
  readonly writeMs?: () => number
}

/**
 * - `finished`: this outcome is the job's
 * - `canceled`: the job was being canceled; it is now `canceled`, and this outcome was dropped
 * - `fenced`: the lease was lost or the job ended another way; this outcome was dropped
 */
export type Finished = { readonly kind: 'finished' | 'canceled'; readonly job: Job } | { readonly kind: 'fenced' }

/** `canceled`: the job was being canceled; it is now `canceled` and will not run again. */
export type Released = 'released' | 'canceled' | 'fenced'

/** What became of leases, by job id; those not named are held as before. */
export interface Renewed {
  /** somebody else has the job, or it is over */
  readonly lost: readonly string[]
  /** still held, but the caller has taken the job back: its outcome will be dropped */
  readonly canceling: readonly string[]
}

/** What is needed to publish a job's message again. */
export interface Unpublished extends Pick<Job, 'id' | 'tenant' | 'task' | 'lane' | 'attempt' | 'deadline'> {
  /** to the deadline, by the database's clock */
  readonly remainingMs: number
}

export type Canceled =
  /** `canceled`: it is over, nobody ran it; `canceling`: a worker still has it, and nothing of it will be kept */
  | { readonly kind: 'canceled' | 'canceling'; readonly job: Job }
  /** it had already ended; the job as it is */
  | { readonly kind: 'final'; readonly job: Job }
  | { readonly kind: 'missing' }

/**
 * The promise: one row a job. Every time comparison uses the database's clock. Calls for single jobs may be grouped
 * into one statement by the adapter; each still gets its own answer.
 * @throws UnavailableError when the database does not answer or is read-only
 */
export interface JobStore {
  /**
   * Durable when it resolves.
   * @throws IdempotencyMismatchError when the key was used with another fingerprint
   * @throws IdempotencyBusyError when its earlier job was removed in this very moment
   */
  insert(job: NewJob): Promise<Inserted>
  /**
   * The job that an earlier request with this idempotency key made.
   * @throws IdempotencyMismatchError when that was another request
   */
  join(request: Pick<NewJob, 'tenant' | 'fingerprint'> & { readonly idempotencyKey: string }): Promise<Job | undefined>
  /** Has an earlier request with this idempotency key made a job? */
  knows(tenant: string, idempotencyKey: string): Promise<boolean>
  /** The broker has confirmed the message; the reconciler need not look at this job again. */
  markPublished(ids: readonly string[]): Promise<void>
  find(tenant: string, id: string): Promise<Job | undefined>
  claim(request: ClaimRequest): Promise<Claim>
  /** Extend leases, also of jobs that are being canceled: until it lets go, their worker has them. */
  renew(leases: readonly Lease[], leaseMs: number): Promise<Renewed>
  finish(outcome: Finish): Promise<Finished>
  /** Back to `queued` for another attempt, unpublished; `spend: false` hands it back as if it had never started. */
  release(lease: Lease, spend: boolean): Promise<Released>
  /** Durable when it resolves: a job that was canceled is never run again, and may be canceled again. */
  cancel(tenant: string, id: string): Promise<Canceled>
  /** Queued jobs whose publish was not confirmed within `olderThanMs` of their last change. */
  unpublished(olderThanMs: number, limit: number): Promise<readonly Unpublished[]>
  /** The broker has no message of these yet, and that is well for so long: `unpublished` leaves them out until then. */
  postpone(ids: readonly string[], ms: number): Promise<void>
  /** Of these jobs, those that are over or that do not exist. */
  over(ids: readonly string[]): Promise<readonly string[]>
  /** Queued jobs of these tasks and this lane that the broker confirmed more than `olderThanMs` ago. */
  stale(tasks: readonly TaskName[], lane: Lane, olderThanMs: number, limit: number): Promise<readonly Unpublished[]>
  /** End as `canceled` what is being canceled by a worker that has gone, or that is `graceMs` late; answers how many. */
  endCanceling(graceMs: number, limit: number): Promise<number>
  /** End queued and running jobs whose deadline passed more than `graceMs` ago; answers how many. */
  expireOverdue(graceMs: number, limit: number): Promise<number>
}
