import { AppError } from '../domain/errors.ts'

/** A private server of the local stack did not come up. The message says why and where its log is. */
export class LocalServerFailedError extends AppError {
  readonly code = 'LOCAL_SERVER_FAILED'
  readonly retryable = false
  readonly service: string
  readonly logPath: string
  constructor(service: string, reason: string, logPath: string) {
    super(`${service} did not start: ${reason} (log: ${logPath})`)
    this.service = service
    this.logPath = logPath
  }
}

/** Programs the local stack needs are not installed, and we may not install them. */
export class PackagesMissingError extends AppError {
  readonly code = 'PACKAGES_MISSING'
  readonly retryable = false
  constructor(packages: readonly string[], advice: string) {
    super(`not installed: ${packages.join(', ')}. ${advice}`)
  }
}

/** The package manager was asked and failed. */
export class InstallFailedError extends AppError {
  readonly code = 'INSTALL_FAILED'
  readonly retryable = true
  constructor(reason: string, logPath: string) {
    super(`the packages could not be installed: ${reason} (log: ${logPath})`)
  }
}
