import { MusterError } from './errors.ts'
import type { EndedJob, FailedJob, FinishedJob, SucceededJob } from './job.ts'
import type { ResultByTask, TaskName } from './results.ts'

/** The job finished without a result. `code` names the outcome, for example `NO_FACE`. */
export class JobFailedError extends MusterError {
  readonly job: FailedJob<TaskName>
  /** `caller`: send something else. `service`: the same request may work later. */
  readonly fault: 'caller' | 'service'
  declare readonly hint: string
  /** the picture at fault, by field name; undefined when it is about no one picture */
  readonly picture: string | undefined
  constructor(job: FailedJob<TaskName>) {
    const { code, message, retryable, fault, hint, picture } = job.error
    super({ code, message: picture ? `${picture}: ${message}` : message, retryable, hint, jobId: job.id })
    this.job = job
    this.fault = fault
    this.picture = picture
  }
  override get name(): string {
    return 'JobFailedError'
  }
}

/** The job's deadline passed before it could finish. */
export class JobExpiredError extends MusterError {
  readonly job: EndedJob<TaskName>
  constructor(job: EndedJob<TaskName>) {
    super({
      code: job.error?.code ?? 'DEADLINE_EXCEEDED',
      message: job.error?.message ?? 'the deadline passed before the job could finish',
      retryable: job.error?.retryable ?? true,
      hint: job.error?.hint,
      jobId: job.id,
    })
    this.job = job
  }
  override get name(): string {
    return 'JobExpiredError'
  }
}

/** The job was canceled on request. */
export class JobCanceledError extends MusterError {
  readonly job: EndedJob<TaskName>
  constructor(job: EndedJob<TaskName>) {
    super({ code: 'JOB_CANCELED', message: 'the job was canceled', retryable: false, jobId: job.id })
    this.job = job
  }
  override get name(): string {
    return 'JobCanceledError'
  }
}

/**
 * A task's result, with the job it came from beside it. `job` is not enumerable: logging or serialising the answer
 * shows the result alone.
 */
export type Answer<T extends TaskName> = ResultByTask[T] & { readonly job: SucceededJob<T> }

/**
 * The result of a finished job.
 * @throws JobFailedError, JobExpiredError, JobCanceledError for a job that ended without one
 */
export const resultOf = <T extends TaskName>(job: FinishedJob<T>): Answer<T> => {
  // Inside, the union is plain; TypeScript cannot narrow the distributed generic.
  const finished: FinishedJob = job
  if (finished.status === 'failed') throw new JobFailedError(finished)
  if (finished.status === 'expired') throw new JobExpiredError(finished)
  if (finished.status === 'canceled') throw new JobCanceledError(finished)
  const answer = { ...finished.result }
  return Object.defineProperty(answer, 'job', { value: job }) as unknown as Answer<T>
}
