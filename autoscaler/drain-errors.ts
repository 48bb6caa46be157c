import { AppError } from '../infra/domain/errors.ts'

/** No node of this name is known. */
export class NodeNotFoundError extends AppError {
  readonly code = 'NODE_NOT_FOUND'
  readonly retryable = false
  constructor() {
    super(
      'no node of this name is known; workers that no node supervisor or gate speaks for are no nodes: drain those where they were deployed',
    )
  }
}

/** It would take away more than one word should: nothing has happened, and it happens when it is forced. */
export class ForceNeededError extends AppError {
  readonly code = 'FORCE_NEEDED'
  readonly retryable = false
  /** what speaks against it, in words */
  readonly cautions: readonly string[]
  constructor(cautions: readonly string[]) {
    super(forceInWords(cautions))
    this.cautions = cautions
  }
}

/** That it must be forced, and why: the same sentence wherever somebody may say it. */
export const forceInWords = (cautions: readonly string[]): string => `it must be forced: ${cautions.join('; ')}`
