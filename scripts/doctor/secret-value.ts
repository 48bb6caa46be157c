import { readSecretFile } from '../../infra/runtime/secret-file.ts'

/** The value of a variable, or of the file that `X_FILE` names. @throws Error when that cannot be read */
export const secretValue = (env: Readonly<Record<string, string | undefined>>, name: string): string | undefined => {
  const path = env[`${name}_FILE`]
  return env[name] || (path ? readSecretFile(path) : undefined)
}
