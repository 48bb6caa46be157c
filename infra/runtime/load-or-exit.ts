import type { Static, TObject } from 'typebox'
import { ConfigError, loadConfig } from './config.ts'

/** A process that cannot be configured cannot log either: its problems go to stderr, for the person who starts it. */
export const loadOrExit = <T extends TObject>(
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
  rules: readonly ((config: Static<T>) => string | undefined)[],
): Static<T> => {
  try {
    return loadConfig(schema, env, rules)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}
