import { pino } from 'pino'
import type { Logger } from '../ports/logger.ts'

/** Errors are logged by class, code and stack; driver errors can quote row values, so their messages stay out. */
const serializeError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code, retryable, cause } = error as Error & { code?: unknown; retryable?: unknown }
  const ours = retryable !== undefined
  return {
    name: error.name,
    code,
    message: ours ? error.message : undefined,
    stack: error.stack
      ?.split('\n')
      .filter((line) => line.trimStart().startsWith('at '))
      .slice(0, 12)
      .join('\n'),
    cause: cause === undefined ? undefined : serializeError(cause),
  }
}

/**
 * JSON lines on stdout: `time` ISO, `level` as a word, `service`. One log for a process; children add ids.
 * @param level pino's level names
 * @param fields of the moment, for every line; undefined = none
 */
export const createLogger = (service: string, level = 'info', fields?: () => object): Logger =>
  pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: serializeError },
    ...(fields && { mixin: fields }),
  })
