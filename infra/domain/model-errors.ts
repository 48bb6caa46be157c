import { AppError } from './errors.ts'

/** Nobody has published that version of a model, or no set of versions at all. */
export class ModelNotFoundError extends AppError {
  readonly code = 'MODEL_NOT_FOUND'
  readonly retryable = false
  readonly model: string
  constructor(model: string) {
    super(`no ${model} is published`)
    this.model = model
  }
}

/** What is stored carries no signature by a key that is trusted here, or was changed after it was signed. */
export class ModelUntrustedError extends AppError {
  readonly code = 'MODEL_UNTRUSTED'
  readonly retryable = false
  readonly what: string
  constructor(what: string, why: string) {
    super(`${what} is not trusted: ${why}`)
    this.what = what
  }
}

/** Bytes that are not those the signed manifest names. They are never loaded. */
export class ModelDamagedError extends AppError {
  readonly code = 'MODEL_DAMAGED'
  readonly retryable = false
  readonly what: string
  constructor(what: string) {
    super(`${what} is damaged in storage: it has not the digest that was signed`)
    this.what = what
  }
}

/** The version was published before, with other bytes. A version never changes: publish another one. */
export class ModelExistsError extends AppError {
  readonly code = 'MODEL_EXISTS'
  readonly retryable = false
  readonly model: string
  constructor(model: string) {
    super(`${model} was published before with other bytes; versions never change, publish a new one`)
    this.model = model
  }
}

/** A signed document or a wish that cannot be understood, or that contradicts itself. */
export class ModelInvalidError extends AppError {
  readonly code = 'MODEL_INVALID'
  readonly retryable = false
  readonly what: string
  readonly problems: readonly string[]
  constructor(what: string, problems: readonly string[], cause?: unknown) {
    super(`${what} is not usable: ${problems.join('; ')}`, cause === undefined ? undefined : { cause })
    this.what = what
    this.problems = problems
  }
}

/** Storage shows an older set than this machine has had: an old signature shown again, or a restored backup. */
export class ModelSetReplayedError extends AppError {
  readonly code = 'MODEL_SET_REPLAYED'
  readonly retryable = false
  readonly sequence: number
  readonly known: number
  constructor(sequence: number, known: number) {
    super(`storage shows set ${sequence} of the models, but set ${known} was here before`)
    this.sequence = sequence
    this.known = known
  }
}

/** The disk of the models' cache has no room for them. */
export class ModelCacheFullError extends AppError {
  readonly code = 'MODEL_CACHE_FULL'
  readonly retryable = true
  readonly wantedBytes: number
  constructor(wantedBytes: number, cause?: unknown) {
    super(
      `the disk of the models' cache has no room for ${wantedBytes} more bytes`,
      cause === undefined ? undefined : { cause },
    )
    this.wantedBytes = wantedBytes
  }
}
