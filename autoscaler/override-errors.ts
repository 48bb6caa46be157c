import { AppError } from '../infra/domain/errors.ts'

/** More nodes than the pool may have. */
export class CountTooHighError extends AppError {
  readonly code = 'COUNT_TOO_HIGH'
  readonly retryable = false
  readonly max: number
  constructor(pool: string, max: number) {
    super(`pool ${pool} may have at most ${max}`)
    this.max = max
  }
}

/** Whoever asked for it cannot be the one who confirms it. @param message how the second person says it */
export class SecondPersonNeededError extends AppError {
  readonly code = 'SECOND_PERSON_NEEDED'
  readonly retryable = false
  constructor(message = 'it takes a second person to confirm this, within an hour') {
    super(message)
  }
}

/** It is confirmed, ended or forgotten already, or never was. */
export class NotPendingError extends AppError {
  readonly code = 'NOT_PENDING'
  readonly retryable = false
  constructor() {
    super('nothing of that id waits for a second person')
  }
}

/** Something else changed the count since: to go back behind that must be said in full. */
export class NotLastChangeError extends AppError {
  readonly code = 'NOT_LAST_CHANGE'
  readonly retryable = false
  constructor() {
    super('this is not the last change of the pool: say the count instead')
  }
}
