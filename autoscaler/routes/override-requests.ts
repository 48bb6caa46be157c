import { PoolUnknownError } from '../../infra/domain/errors.ts'
import type { OverrideKind } from '../../infra/domain/scaling.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { CommandInvalidError, type OverrideCommand, parseCommand } from '../command.ts'
import { CountTooHighError, NotPendingError, SecondPersonNeededError } from '../override-errors.ts'

/** What a person asks of a pool: one sentence, or the same in members. */
export interface OverrideBody {
  readonly command?: string
  readonly kind?: OverrideKind
  readonly count?: number
  /** `90m`, `2h`, `1d` */
  readonly for?: string
  readonly reason?: string
}

/** Members become the sentence that says the same: so there is one reading of both. */
const sentenceOf = ({ command, kind, count, for: period, reason }: OverrideBody, pool: string): string => {
  const members = [kind, count, period, reason].some((member) => member !== undefined)
  if (command !== undefined && members) throw new CommandInvalidError('give a command, or members, and not both')
  if (command !== undefined) return command
  const words = [kind, pool, count, ...(period === undefined ? [] : ['for', period])]
  return [...words.filter((word) => word !== undefined), 'because', reason ?? ''].join(' ')
}

/**
 * What a body asks of the pool in its path.
 * @throws RequestError COMMAND_INVALID
 */
export const commandOf = (body: OverrideBody, pool: string): OverrideCommand => {
  try {
    const command = parseCommand(sentenceOf(body, pool))
    if (command.kind === 'confirm') throw new CommandInvalidError('a confirmation has a path of its own')
    if (command.pool !== pool) throw new CommandInvalidError('the command names another pool than the path')
    return command
  } catch (error) {
    throw toRequestError(error)
  }
}

/** What was wrong with a command, in words for whoever sent it. @returns the error as it is where it is none of those */
export const toRequestError = (error: unknown): unknown => {
  const refused = (code: ConstructorParameters<typeof RequestError>[0], cause: Error) =>
    new RequestError(code, cause.message, { cause })
  if (error instanceof CommandInvalidError) return refused('COMMAND_INVALID', error)
  if (error instanceof CountTooHighError) return refused('COUNT_TOO_HIGH', error)
  if (error instanceof SecondPersonNeededError) return refused('SECOND_PERSON_NEEDED', error)
  if (error instanceof NotPendingError) return refused('OVERRIDE_NOT_FOUND', error)
  if (error instanceof PoolUnknownError) return new RequestError('POOL_NOT_FOUND', 'no pool has this name')
  return error
}
