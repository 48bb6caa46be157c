import { AppError } from '../infra/domain/errors.ts'
import type { OverrideKind } from '../infra/domain/scaling.ts'
import { DEFAULT_OVERRIDE_MS } from './override.ts'

/** What a person asks of a pool, however it was said. */
export type OverrideCommand =
  | {
      readonly kind: OverrideKind
      readonly pool: string
      readonly count: number | null
      readonly durationMs: number
      readonly reason: string
    }
  | { readonly kind: 'release'; readonly pool: string; readonly reason: string }
  /** what somebody else asked for; its id was told when he did */
  | { readonly kind: 'confirm'; readonly id: string }

/** A command that cannot be understood, with what would be. */
export class CommandInvalidError extends AppError {
  readonly code = 'COMMAND_INVALID'
  readonly retryable = false
}

/** All that can be said, one sentence a line. */
export const SENTENCES: readonly string[] = [
  'pin|floor|ceiling <pool> <count> [for 90m|2h] because <reason>',
  'hold|no-scale-in <pool> [for 2h] because <reason>',
  'release <pool> [because <reason>]',
  'confirm <id>',
]
const USAGE = SENTENCES.join('; ')
const MAX_REASON_LENGTH = 300
const MAX_COUNT = 100_000
const POOL = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/
const DURATION = /^(\d{1,4})(m|h|d)$/
const ID = /^\d{1,18}$/
/** What a terminal or a chat would obey instead of showing it: control characters, and those that turn text around. */
const UNSHOWABLE = /[\s\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A text in one line that does nothing but stand there. */
export const showable = (text: string): string => text.toWellFormed().replaceAll(UNSHOWABLE, ' ').trim()

const refuse = (what: string): CommandInvalidError => new CommandInvalidError(`${what}; say ${USAGE}`)

const durationOf = (words: string[]): number => {
  if (words[0] !== 'for') return DEFAULT_OVERRIDE_MS
  const [, amount, unit = ''] = DURATION.exec(words[1] ?? '') ?? []
  words.splice(0, 2)
  const ms = Number(amount) * (UNIT_MS[unit] ?? 0)
  if (!(ms > 0)) throw refuse('a duration is written 90m, 2h or 1d')
  return ms
}

const countOf = (words: string[]): number => {
  const text = words.shift() ?? ''
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (!(count <= MAX_COUNT)) throw refuse('the count must be a whole number')
  return count
}

const confirmation = (words: readonly string[], reason: string): OverrideCommand => {
  const [id = '', ...rest] = words
  if (!ID.test(id)) throw refuse('name what you confirm by its id')
  if (rest.length > 0 || reason !== '') throw refuse('there are words too many')
  return { kind: 'confirm', id }
}

const isCounted = (verb: string): verb is 'pin' | 'floor' | 'ceiling' =>
  verb === 'pin' || verb === 'floor' || verb === 'ceiling'

/**
 * Read one sentence, the same from the command line, HTTP and Slack: `pin checks 50 for 3h because the campaign starts`.
 * @throws CommandInvalidError
 */
export const parseCommand = (text: string): OverrideCommand => {
  const [sentence = '', ...because] = showable(text).split(' because ')
  const reason = because.join(' because ').trim()
  if (reason.length > MAX_REASON_LENGTH) throw refuse(`a reason has at most ${MAX_REASON_LENGTH} characters`)
  const words = sentence.split(' ')
  const verb = words.shift()?.toLowerCase() ?? ''
  if (verb === 'confirm') return confirmation(words, reason)
  const pool = words.shift() ?? ''
  const known = isCounted(verb) || verb === 'hold' || verb === 'no-scale-in' || verb === 'release'
  if (!known) throw refuse('this is not a command')
  if (!POOL.test(pool)) throw refuse('name the pool')
  if (verb === 'release') {
    if (words.length > 0) throw refuse('there are words too many')
    return { kind: 'release', pool, reason }
  }
  const count = isCounted(verb) ? countOf(words) : null
  const durationMs = durationOf(words)
  if (words.length > 0) throw refuse('there are words too many')
  if (reason === '') throw refuse('give a reason')
  return { kind: verb, pool, count, durationMs, reason }
}
