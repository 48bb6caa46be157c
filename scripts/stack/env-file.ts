import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { UsageError } from '../exit-code.ts'

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

/** Addresses hold passwords, so containers get them as files. */
const MAY_BE_IN_FILES = ['DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL', 'STORAGE_URL', 'UPLOAD_SECRET']

type Env = Readonly<Record<string, string | undefined>>

/**
 * Resolve the addresses given by file: `X_FILE` names a file with the value of `X`; an `X` that is set wins.
 * @throws UsageError when it cannot be read
 */
export const withFiles = (env: Env): Env => {
  const read = (name: string): readonly [string, string][] => {
    const file = env[`${name}_FILE`]
    if (env[name] || !file) return []
    try {
      return [[name, readFileSync(file, 'utf8').trim()]]
    } catch (error) {
      throw new UsageError(`${name}_FILE names a file that cannot be read`, { cause: error })
    }
  }
  return { ...env, ...Object.fromEntries(MAY_BE_IN_FILES.flatMap(read)) }
}

/** The caller's environment over what the last `up` wrote: a variable that is set, also by file, wins. */
export const withEnvFile = (path: string, env: Env): Record<string, string | undefined> => {
  const given = Object.entries(withFiles(env)).filter(([, value]) => value)
  return { ...readEnvFile(path), ...Object.fromEntries(given) }
}
