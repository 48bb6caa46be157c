import type { LogFields, Logger } from '../../infra/ports/logger.ts'
import { explain } from '../exit-code.ts'

/** How a running stack speaks to the person who started it: on this terminal, or from a detached process to one. */
export interface Tell {
  say(line: string): void
  /** something is wrong; must not be overlooked */
  warn(line: string): void
}

const inWords = (fields: LogFields, message: string): string => {
  const { error, ...facts } = fields
  const details = Object.values(facts).map(String)
  return [message, ...details, ...(error === undefined ? [] : explain(error))].join(' ')
}

/** A logger for code that is also used by services: what it logs is told in words. */
export const asLogger = (tell: Tell): Logger => {
  const logger: Logger = {
    debug: () => {},
    info: (fields, message) => tell.say(inWords(fields, message)),
    warn: (fields, message) => tell.warn(inWords(fields, message)),
    error: (fields, message) => tell.warn(inWords(fields, message)),
    child: () => logger,
  }
  return logger
}
