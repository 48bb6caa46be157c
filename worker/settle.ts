import {
  AppError,
  BlobNotFoundError,
  BlobTooLargeError,
  InputError,
  KeyUnknownError,
  SealBrokenError,
  STORAGE_SERVICE,
  StorageDeniedError,
  UnavailableError,
} from '../infra/domain/errors.ts'
import type { JobError } from '../infra/domain/job.ts'
import { outcome } from '../infra/domain/outcomes.ts'

/** What becomes of a job whose run threw. */
export type Settlement =
  | { readonly kind: 'retry' }
  | { readonly kind: 'fail'; readonly error: JobError }
  | { readonly kind: 'expire' }

/** The job's deadline passed before its turn came: it costs no model time. */
export class DeadlinePassedError extends AppError {
  readonly code = 'DEADLINE_EXCEEDED'
  readonly retryable = false
  constructor() {
    super('the deadline passed before the job could run')
  }
}

/** How far a job had come when it was taken out of the worker's hands. */
export type WithdrawnAt = 'fetch' | 'batch-wait'

/** The job is not this worker's to run any more: its caller took it back, or its lease was lost. It costs no model time. */
export class JobWithdrawnError extends AppError {
  readonly code = 'JOB_WITHDRAWN'
  readonly retryable = false
  readonly at: WithdrawnAt
  constructor(at: WithdrawnAt) {
    super('the job was withdrawn before it could run')
    this.at = at
  }
}

/**
 * The one place that turns an error of a run into what happens to the job. Pure.
 * @param attemptsLeft how often the job may be started again
 * @param remainingMs time to the deadline
 * @param retryDelayMs how long the next attempt would have to wait at least
 */
export const settle = (error: unknown, attemptsLeft: number, remainingMs: number, retryDelayMs: number): Settlement => {
  if (error instanceof InputError) return { kind: 'fail', error: error.problem }
  if (error instanceof DeadlinePassedError) return { kind: 'expire' }
  if (error instanceof BlobNotFoundError) return { kind: 'fail', error: outcome('PICTURE_GONE') }
  if (error instanceof BlobTooLargeError) return { kind: 'fail', error: outcome('PICTURE_TOO_LARGE') }
  const again = attemptsLeft > 0 && remainingMs > retryDelayMs
  // An error without a class of ours is a defect or a model failure; another worker may still be fine.
  const mayPass = !(error instanceof AppError) || error.retryable
  if (mayPass && again) return { kind: 'retry' }
  return { kind: 'fail', error: outcome(isStorage(error) ? 'STORAGE_UNAVAILABLE' : 'INFERENCE_FAILED') }
}

const isStorage = (error: unknown): boolean =>
  error instanceof StorageDeniedError ||
  error instanceof KeyUnknownError ||
  error instanceof SealBrokenError ||
  (error instanceof UnavailableError && error.service === STORAGE_SERVICE)
