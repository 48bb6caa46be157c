import { AppError } from '../../infra/domain/errors.ts'

/** A rollout names its model in another way than `name@version`. */
export class CandidateModelInvalidError extends AppError {
  readonly code = 'CANDIDATE_MODEL_INVALID'
  readonly retryable = false
  constructor() {
    super('a candidate is named name@version')
  }
}

/** Processes of this worker were gone without a word while they had the candidate: it may be what ended them. */
export class CandidateDeadlyError extends AppError {
  readonly code = 'CANDIDATE_DEADLY'
  readonly retryable = false
  constructor(lostCount: number) {
    super(`${lostCount} processes of this worker were gone without a word while they had the candidate`)
  }
}
