import { join } from 'node:path'
import { writePrivate } from '../../infra/local/state-file.ts'

/** Variables whose values nobody may read from a process's environment. */
const SECRETS = [
  'DATABASE_URL',
  'RABBITMQ_URL',
  'REDIS_URL',
  'UPLOAD_SECRET',
  'STORAGE_ACCESS_KEY',
  'STORAGE_SECRET_KEY',
  'MODELS_ACCESS_KEY',
  'MODELS_SECRET_KEY',
  'ENCRYPTION_KEYS',
  'WEBHOOK_SECRET_KEY',
  'WEBHOOK_NOTICE_SECRET',
]

type Env = Readonly<Record<string, string | undefined>>

/**
 * The same environment with its secrets in files of mode 0600: what a process is started with can be read under `/proc`
 * by whoever may look at the process, for as long as it lives.
 * @param dir where the files go
 */
export const withSecretsInFiles = (dir: string, env: Env): Env => {
  const moved = SECRETS.flatMap((name) => {
    const value = env[name]
    if (!value) return []
    const path = join(dir, name)
    writePrivate(path, `${value}\n`)
    return [[name, path] as const]
  })
  const gone = new Set<string>(moved.map(([name]) => name))
  const kept = Object.entries(env).filter(([name]) => !gone.has(name))
  return Object.fromEntries([...kept, ...moved.map(([name, path]) => [`${name}_FILE`, path])])
}
