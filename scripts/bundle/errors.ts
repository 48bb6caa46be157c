import { AppError } from '../../infra/domain/errors.ts'

/** A bundle is not what its vendor signed, or cannot be shown to be. The message says what is wrong with it. */
export class BundleRefusedError extends AppError {
  readonly code = 'BUNDLE_DENIED'
  readonly retryable = false
}

/** A bundle could not be made or tried on this machine. The message says what is missing. */
export class BundleUnavailableError extends AppError {
  readonly code = 'BUNDLE_UNAVAILABLE'
  readonly retryable = true
}
