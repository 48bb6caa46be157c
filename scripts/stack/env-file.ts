import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

const HEADER = '# Written by ./muster up; use it with: set -a; . .muster/env; set +a'

/** Quoted for the shell: what `. .muster/env` and Node's `--env-file` both read back as it was. */
const quote = (value: string): string =>
  /^[\w@%+=:,./-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`

/** @returns the text of an env file, one variable a line */
export const formatEnvFile = (env: Readonly<Record<string, string>>): string =>
  [HEADER, ...Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`), ''].join('\n')

/** @returns the variables of an env file; empty when there is none */
export const readEnvFile = (path: string): Record<string, string> => {
  try {
    const parsed = parseEnv(readFileSync(path, 'utf8'))
    return Object.fromEntries(Object.entries(parsed).flatMap(([name, value]) => (value ? [[name, value]] : [])))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** Servers' addresses hold passwords, so containers get them as files. */
const SECRETS = ['DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL'] as const

const fromFiles = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    SECRETS.flatMap((name) => {
      const path = env[`${name}_FILE`]
      return path ? [[name, readFileSync(path, 'utf8').trim()]] : []
    }),
  )

/**
 * The caller's environment over what the last `up` wrote: a variable that is set wins, `X_FILE` names a file with the
 * address `X`.
 */
export const withEnvFile = (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value))
  return { ...readEnvFile(path), ...fromFiles(given), ...given }
}
