import type { JobProblem, ResultByTask, TaskName } from './results.ts'

/** The exact model that decided. */
export interface ModelRef {
  readonly name: string
  /** semantic version */
  readonly version: string
  /** `sha256:<hex>` of the model file */
  readonly digest: string
}

/** Where a job's time went, in milliseconds. A stage that did not happen is absent. */
export interface Timings {
  /** from the request's arrival until its pictures began to be stored */
  readonly admitMs?: number
  readonly storeMs?: number
  /** waiting to be written to the database; what comes after is part of `queueMs` */
  readonly insertMs?: number
  /** of `queueMs`: until the job was committed */
  readonly commitMs?: number
  readonly queueMs?: number
  /** a worker taking the job; its end is part of `runMs` and the rest of `queueMs` */
  readonly claimMs?: number
  readonly runMs?: number
  /** of `runMs`: from having the job to having its outcome */
  readonly workMs?: number
  /** of `runMs`: the outcome waiting to be written */
  readonly writeMs?: number
  readonly replyMs?: number
  readonly fetchMs?: number
  readonly decodeMs?: number
  readonly batchWaitMs?: number
  readonly inferMs?: number
  /** of a canceled job: from the wish to cancel it until no worker had it any more */
  readonly cancelMs?: number
}

/** What is known of every job, whatever its state. Instants are ISO 8601 in UTC. */
export interface JobFacts<T extends TaskName> {
  readonly id: string
  readonly task: T
  /** `bulk` for work that was submitted with `async: true` */
  readonly lane: 'interactive' | 'bulk'
  readonly models: readonly ModelRef[]
  /** digest of the thresholds it was decided with; null or absent where the service tells none */
  readonly thresholdSet?: string | null
  /** starts so far */
  readonly attempts: number
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly deadline: string
  readonly timings: Timings
}

/** Not finished yet. */
export interface PendingJob<T extends TaskName> extends JobFacts<T> {
  /** `canceling`: somebody canceled it, and a worker has not let go of it yet; it becomes `canceled` and nothing else */
  readonly status: 'queued' | 'running' | 'canceling'
  readonly result: null
  readonly error: null
}

/** Finished with a result; "no match" and "not live" are results. */
export interface SucceededJob<T extends TaskName> extends JobFacts<T> {
  readonly status: 'succeeded'
  readonly result: ResultByTask[T]
  readonly error: null
}

/** Finished without a result; `error` says why. */
export interface FailedJob<T extends TaskName> extends JobFacts<T> {
  readonly status: 'failed'
  readonly result: null
  readonly error: JobProblem
}

/** Ended before it was done: on request, or by its deadline. */
export interface EndedJob<T extends TaskName> extends JobFacts<T> {
  readonly status: 'canceled' | 'expired'
  readonly result: null
  readonly error: JobProblem | null
}

/** A job that will not change any more. Narrow it by `status`, and by `task` where the task is not known. */
export type FinishedJob<T extends TaskName = TaskName> = T extends TaskName
  ? SucceededJob<T> | FailedJob<T> | EndedJob<T>
  : never

/** One check: what was asked, how far it is, what came out. */
export type Job<T extends TaskName = TaskName> = T extends TaskName ? PendingJob<T> | FinishedJob<T> : never

export type JobStatus = Job['status']

const FINAL: ReadonlySet<unknown> = new Set(['succeeded', 'failed', 'canceled', 'expired'])
const PENDING: ReadonlySet<unknown> = new Set(['queued', 'running', 'canceling'])

/** Will this job not change any more? */
export const isFinished = <T extends TaskName>(job: Job<T>): job is FinishedJob<T> & Job<T> => FINAL.has(job.status)

/**
 * Take an answer's body for a job. Members this client does not know are kept as they are.
 * @returns undefined when it is not a job
 */
export const asJob = (body: unknown): Job | undefined => {
  if (typeof body !== 'object' || body === null) return undefined
  const { id, task, status, result, error } = body as Record<string, unknown>
  if (typeof id !== 'string' || id === '' || typeof task !== 'string') return undefined
  if (!FINAL.has(status) && !PENDING.has(status)) return undefined
  if (status === 'succeeded' && (typeof result !== 'object' || result === null)) return undefined
  if (status === 'failed' && (typeof error !== 'object' || error === null)) return undefined
  return body as Job
}
