import { AppError } from '../domain/errors.ts'

/** Object storage is not configured in a usable way. Lists every problem; never a value, which may be a secret. */
export class StorageUrlError extends AppError {
  readonly code = 'STORAGE_URL'
  readonly retryable = false
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`object storage is not usable as configured:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}
