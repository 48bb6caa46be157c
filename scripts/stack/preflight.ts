import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePackages } from '../../infra/local/packages.ts'
import type { ServerName } from '../../infra/local/server-kind.ts'
import { UsageError } from '../exit-code.ts'
import type { StackPaths } from './folder.ts'

const GIB = 1024 ** 3
/** Databases, models and room to work in. */
const FIRST_START_BYTES = 2 * GIB
const LATER_START_BYTES = GIB / 2

/** Variables that stand in for a private server. */
export const SERVER_VARIABLES: Readonly<Record<ServerName, string>> = {
  postgres: 'DATABASE_URL',
  rabbitmq: 'RABBITMQ_URL',
  redis: 'REDIS_URL',
}

/** The servers that are not given by URL, so that we run our own. */
export const ownServers = (env: Readonly<Record<string, string | undefined>>): readonly ServerName[] =>
  (Object.keys(SERVER_VARIABLES) as ServerName[]).filter((name) => !env[SERVER_VARIABLES[name]])

/**
 * Everything that can be known before anything is started.
 * @throws UsageError with the one thing to do about it
 * @throws PackagesMissingError, InstallFailedError
 */
export const preflight = async (
  paths: StackPaths,
  servers: readonly ServerName[],
  say: (line: string) => void,
): Promise<void> => {
  try {
    mkdirSync(paths.logs, { recursive: true })
    accessSync(paths.dir, constants.W_OK)
    accessSync(paths.logs, constants.W_OK)
  } catch (error) {
    throw new UsageError(`${paths.dir} cannot be written to: it may belong to another user`, { cause: error })
  }
  const { bavail, bsize } = statfsSync(paths.dir)
  const needed = existsSync(join(paths.dir, 'postgres')) ? LATER_START_BYTES : FIRST_START_BYTES
  if (bavail * bsize < needed)
    throw new UsageError(`${paths.dir} has ${(bavail * bsize) / GIB} GiB free, and ${needed / GIB} GiB are needed`)
  await ensurePackages(servers, join(paths.logs, 'install.log'), say)
}
