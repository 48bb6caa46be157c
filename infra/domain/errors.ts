import type { JobError } from './job.ts'

/** The root of every error Muster throws on purpose. */
export abstract class AppError extends Error {
  /** public: add, never rename */
  abstract readonly code: string
  /** may the same call, unchanged, succeed later? */
  abstract readonly retryable: boolean
  override get name(): string {
    return this.constructor.name
  }
}

/** A server Muster needs does not answer. Always with the cause. */
export class UnavailableError extends AppError {
  readonly code = 'UNAVAILABLE'
  readonly retryable = true
  readonly service: string
  constructor(service: string, cause: unknown) {
    super(`${service} is unavailable`, { cause })
    this.service = service
  }
}

/** What object storage is called in errors. */
export const STORAGE_SERVICE = 'object storage'

/** The broker confirmed the message but no queue took it: the topology is missing. */
export class UnroutableError extends AppError {
  readonly code = 'UNROUTABLE'
  readonly retryable = true
  constructor(routingKey: string) {
    super(`no queue is bound for ${routingKey}; run \`./muster migrate\` to declare the topology`)
  }
}

export class JobNotFoundError extends AppError {
  readonly code = 'JOB_NOT_FOUND'
  readonly retryable = false
  readonly jobId: string
  constructor(jobId: string) {
    super(`no job ${jobId}`)
    this.jobId = jobId
  }
}

/** The same idempotency key came with another payload. */
export class IdempotencyMismatchError extends AppError {
  readonly code = 'IDEMPOTENCY_MISMATCH'
  readonly retryable = false
  constructor() {
    super('this idempotency key was used with another request')
  }
}

/** The job of this idempotency key went away while it was being joined: there is nothing to join, and the key is free. */
export class IdempotencyBusyError extends AppError {
  readonly code = 'IDEMPOTENCY_BUSY'
  readonly retryable = true
  constructor() {
    super('the job of this idempotency key has just been removed')
  }
}

export class BlobNotFoundError extends AppError {
  readonly code = 'BLOB_NOT_FOUND'
  readonly retryable = false
  readonly key: string
  constructor(key: string) {
    super(`no object ${key}`)
    this.key = key
  }
}

/** The object store refused our credentials: nothing a caller or a retry can mend. */
export class StorageDeniedError extends AppError {
  readonly code = 'STORAGE_DENIED'
  readonly retryable = false
  constructor(cause: unknown) {
    super('object storage refused the credentials', { cause })
  }
}

/** The caller's input cannot be processed. Never retried: it is a result. */
export class InputError extends AppError {
  readonly retryable = false
  readonly problem: JobError
  constructor(problem: JobError) {
    super(problem.message)
    this.problem = problem
  }
  get code(): string {
    return this.problem.code
  }
}

/** A storage key outside the agreed alphabet. Thrown before anything is sent. */
export class InvalidKeyError extends AppError {
  readonly code = 'INVALID_KEY'
  readonly retryable = false
  constructor() {
    super('storage keys are slash-separated segments of letters, digits, dot, dash and underscore')
  }
}

/** An object is larger than the reader allowed. */
export class BlobTooLargeError extends AppError {
  readonly code = 'BLOB_TOO_LARGE'
  readonly retryable = false
  readonly key: string
  constructor(key: string) {
    super(`object ${key} is larger than allowed`)
    this.key = key
  }
}

/** A stored secret does not open: another key sealed it, or somebody changed it. */
export class SecretUnreadableError extends AppError {
  readonly code = 'SECRET_UNREADABLE'
  readonly retryable = false
  constructor(reason: string, cause?: unknown) {
    super(`a stored secret cannot be read: ${reason}`, cause === undefined ? undefined : { cause })
  }
}

/** What was sealed does not open: it was changed, cut short, or belongs to another job. */
export class SealBrokenError extends AppError {
  readonly code = 'SEAL_BROKEN'
  readonly retryable = false
  constructor(cause?: unknown) {
    super('what was sealed does not open', cause === undefined ? undefined : { cause })
  }
}

/** No key of that id is here. Another process may have it: keys are handed out one machine after the other. */
export class KeyUnknownError extends AppError {
  readonly code = 'KEY_UNKNOWN'
  readonly retryable = true
  readonly keyId: string
  constructor(keyId: string) {
    super(`no key-encryption key ${keyId} in ENCRYPTION_KEYS`)
    this.keyId = keyId
  }
}

/** What runs the workers refused our credentials: nothing a retry can mend. */
export class FleetDeniedError extends AppError {
  readonly code = 'FLEET_DENIED'
  readonly retryable = false
  constructor(what: string) {
    super(`the fleet refused: ${what}`)
  }
}

/** What runs the workers knows no such pool. */
export class PoolUnknownError extends AppError {
  readonly code = 'POOL_UNKNOWN'
  readonly retryable = false
  readonly pool: string
  constructor(pool: string) {
    super(`the fleet has no pool ${pool}`)
    this.pool = pool
  }
}
