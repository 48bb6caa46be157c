import { CommanderError } from 'commander'
import { AppError } from '../infra/domain/errors.ts'

/** What the exit code of `./muster` means. Public: scripts depend on it. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3, denied: 4, unavailable: 5 } as const

/** The command line or the configuration asks for something impossible. */
export class UsageError extends AppError {
  readonly code = 'USAGE'
  readonly retryable = false
}

/** What was asked about does not exist, for example a stack that is not up. */
export class NothingThereError extends AppError {
  readonly code = 'NOT_FOUND'
  readonly retryable = false
}

const RULES: readonly (readonly [RegExp, number])[] = [
  [
    /^(USAGE|CONFIG|POOLS_INVALID|POOL_SETTINGS_INVALID|TRIGGERS_INVALID|PRICES_INVALID|COMMAND_INVALID|WINDOW_INVALID|COUNT_TOO_HIGH)$/,
    EXIT.usage,
  ],
  [/NOT_FOUND$|^(POOL_UNKNOWN|NOT_PENDING)$/, EXIT.notFound],
  [/DENIED$|^(UNAUTHENTICATED|FORBIDDEN|SECOND_PERSON_NEEDED|FORCE_NEEDED)$/, EXIT.denied],
  [/UNAVAILABLE$|^(LOCAL_SERVER_FAILED|INSTALL_FAILED|PACKAGES_MISSING|SERVICE_FAILED)$/, EXIT.unavailable],
]

/** The exit code for whatever a command threw. */
export const exitCodeOf = (error: unknown): number => {
  // Commander ends `--help` and `--version` by throwing too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (!(error instanceof AppError)) return EXIT.failed
  return RULES.find(([pattern]) => pattern.test(error.code))?.[1] ?? EXIT.failed
}

/** The message of an error and of what caused it, in one line each. */
export const explain = (error: unknown): readonly string[] => {
  if (!(error instanceof Error)) return [String(error)]
  const { cause } = error
  const because = cause instanceof Error && cause.message ? [`  because: ${cause.message}`] : []
  return [error.message, ...because]
}
