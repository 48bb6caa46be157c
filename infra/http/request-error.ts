import { AppError } from '../domain/errors.ts'
import type { FleetProblemCode } from './fleet-problems.ts'
import type { RolloutProblemCode } from './rollout-problems.ts'

/** One thing wrong with a request: where, as a JSON pointer into the body or the name of a header, and what. */
export interface RequestFault {
  readonly pointer: string
  readonly detail: string
}

/** What can be wrong with a request before it becomes a job. Public: add, never rename. */
export type RequestErrorCode =
  | 'INVALID_REQUEST'
  | 'MALFORMED_BODY'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'IDEMPOTENCY_KEY_INVALID'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'TOO_MANY_FAILURES'
  | 'KEY_NOT_FOUND'
  | 'KEY_NOT_LIVE'
  | 'UPLOAD_DENIED'
  | 'UPLOAD_NOT_FOUND'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'JOB_FINISHED'
  | 'JOB_ERASED'
  | 'LEGAL_HOLD'
  | 'ERASURE_NOT_FOUND'
  | 'WEBHOOK_NOT_FOUND'
  | 'DELIVERY_NOT_FOUND'
  | 'WEBHOOK_LIMIT'
  | 'WEBHOOK_URL_REFUSED'
  | FleetProblemCode
  | RolloutProblemCode

/**
 * The request itself cannot be served: the caller must send another. Faults never quote what was sent, because it may be
 * about a person.
 */
export class RequestError extends AppError {
  readonly code: RequestErrorCode
  readonly retryable = false
  readonly faults: readonly RequestFault[]
  /** headers the answer must carry, for example `allow` */
  readonly headers: Readonly<Record<string, string>>
  constructor(
    code: RequestErrorCode,
    message: string,
    more: {
      readonly faults?: readonly RequestFault[]
      readonly headers?: Readonly<Record<string, string>>
      readonly cause?: unknown
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.faults = more.faults ?? []
    this.headers = more.headers ?? {}
  }
}

/** The tenant has used up what was agreed: the caller should come back later. */
export class QuotaExceededError extends AppError {
  readonly code: 'RATE_LIMITED' | 'TOO_MANY_IN_FLIGHT'
  readonly retryable = true
  /** name of the limit, as the RateLimit headers have it */
  readonly policy: string
  readonly retryAfterMs: number
  constructor(code: QuotaExceededError['code'], policy: string, retryAfterMs: number) {
    super(`the limit ${policy} is used up`)
    this.code = code
    this.policy = policy
    this.retryAfterMs = retryAfterMs
  }
}

/** Taking this job now would only let it expire: the caller should come back later. */
export class OverloadedError extends AppError {
  readonly code = 'OVERLOADED'
  readonly retryable = true
  readonly retryAfterMs: number
  constructor(retryAfterMs: number) {
    super('more work is waiting than can be done in time')
    this.retryAfterMs = retryAfterMs
  }
}
