/** An error answer's body, RFC 9457 problem details. Members may be missing: proxies answer too. */
export interface Problem {
  readonly type?: string
  readonly title?: string
  readonly status?: number
  readonly detail?: string
  readonly instance?: string
  readonly code?: string
  readonly request_id?: string
  readonly retryable?: boolean
  readonly hint?: string
  /** what is wrong with the request, one entry a place */
  readonly errors?: readonly { readonly pointer?: string; readonly detail?: string }[]
  readonly [extra: string]: unknown
}

/** The facts every error of this client can carry. */
export interface ErrorFacts {
  readonly code: string
  readonly message: string
  /** may the same call, unchanged, succeed later? */
  readonly retryable: boolean
  readonly hint?: string | undefined
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  readonly problem?: Problem | undefined
  readonly headers?: Headers | undefined
  readonly jobId?: string | undefined
  readonly cause?: unknown
}

/** The root of every error this client throws. Never holds a picture or the API key. */
export class MusterError extends Error {
  /** public: codes are added, never renamed */
  readonly code: string
  /** may the same call, unchanged, succeed later? */
  readonly retryable: boolean
  /** what a person can do about it */
  readonly hint: string | undefined
  /** the HTTP status, when the service answered */
  readonly status: number | undefined
  /** names this request in the service's logs */
  readonly requestId: string | undefined
  /** the answer's problem details, when it had any */
  readonly problem: Problem | undefined
  readonly headers: Headers | undefined
  /** the job the call was about, when one is known: `jobs.wait(jobId)` takes up waiting again */
  readonly jobId: string | undefined

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = facts.code
    this.retryable = facts.retryable
    this.hint = facts.hint
    this.status = facts.status
    this.requestId = facts.requestId
    this.problem = facts.problem
    this.headers = facts.headers
    this.jobId = facts.jobId
  }

  // A name by getter on the prototype survives minifiers, which rename classes.
  override get name(): string {
    return 'MusterError'
  }
}

/** The client itself was set up or called in a way that cannot work. Nothing was sent. */
export class ConfigurationError extends MusterError {
  constructor(message: string) {
    super({ code: 'CONFIGURATION', message, retryable: false })
  }
  override get name(): string {
    return 'ConfigurationError'
  }
}

/** A picture could not be read on this side, is empty, or is too large. Nothing was sent. */
export class PictureError extends MusterError {
  /** the field it was given as: `source`, `target` or `image` */
  readonly picture: string
  constructor(
    code: 'PICTURE_NOT_READ' | 'PICTURE_EMPTY' | 'PICTURE_TOO_LARGE',
    picture: string,
    message: string,
    cause?: unknown,
  ) {
    super({ code, message: `${picture}: ${message}`, retryable: false, cause })
    this.picture = picture
  }
  override get name(): string {
    return 'PictureError'
  }
}

/** 400, and every other 4xx without a class of its own, for example 413 and 415: the request is at fault. */
export class BadRequestError extends MusterError {
  override get name(): string {
    return 'BadRequestError'
  }
}

/** 401: the API key is missing, wrong, expired or revoked. */
export class AuthenticationError extends MusterError {
  override get name(): string {
    return 'AuthenticationError'
  }
}

/** 403: the key is good, but not for this. */
export class PermissionDeniedError extends MusterError {
  override get name(): string {
    return 'PermissionDeniedError'
  }
}

/** 404: no such job, or not of this key's tenant. 410: the job was erased. */
export class NotFoundError extends MusterError {
  override get name(): string {
    return 'NotFoundError'
  }
}

/** 409: the job is not in a state that allows this. */
export class ConflictError extends MusterError {
  override get name(): string {
    return 'ConflictError'
  }
}

/** 422: well formed, yet it cannot be processed: an unknown upload, or an idempotency key used for another request. */
export class UnprocessableError extends MusterError {
  override get name(): string {
    return 'UnprocessableError'
  }
}

/** 429: too much is waiting already. */
export class RateLimitError extends MusterError {
  /** how long the service asks to wait; undefined when it did not say */
  readonly retryAfterMs: number | undefined
  constructor(facts: ErrorFacts & { readonly retryAfterMs: number | undefined }) {
    super(facts)
    this.retryAfterMs = facts.retryAfterMs
  }
  override get name(): string {
    return 'RateLimitError'
  }
}

/** 500 and every other 5xx without a class of its own: the service failed. */
export class InternalServerError extends MusterError {
  override get name(): string {
    return 'InternalServerError'
  }
}

/** 503: something the service needs is down, or it is stopping. */
export class UnavailableError extends MusterError {
  override get name(): string {
    return 'UnavailableError'
  }
}

/** No answer: the host is not there, the connection broke, or the network failed. */
export class ConnectionError extends MusterError {
  override get name(): string {
    return 'ConnectionError'
  }
}

/** Something answered, but not as the service does: broken JSON, another program's page, a redirect. */
export class InvalidAnswerError extends MusterError {
  override get name(): string {
    return 'InvalidAnswerError'
  }
}

/** The time for the call is over. A job that was accepted goes on: see `jobId`. Also 408. */
export class TimeoutError extends MusterError {
  override get name(): string {
    return 'TimeoutError'
  }
}

/** The caller's AbortSignal fired; `cause` is its reason. */
export class AbortError extends MusterError {
  override get name(): string {
    return 'AbortError'
  }
}
