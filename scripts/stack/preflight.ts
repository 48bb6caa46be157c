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

/** @throws UsageError when this user may not write into the stack's folder */
export const checkFolder = (paths: StackPaths): void => {
  try {
    mkdirSync(paths.logs, { recursive: true })
    for (const path of [paths.dir, paths.logs]) accessSync(path, constants.R_OK | constants.W_OK)
    for (const path of [paths.settings, paths.state]) if (existsSync(path)) accessSync(path, constants.R_OK)
  } catch (error) {
    throw new UsageError(
      `${paths.dir} cannot be used by this user; if another made it: sudo chown -R "$(id -un)" '${paths.dir}'`,
      { cause: error },
    )
  }
}

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
  const { bavail, bsize } = statfsSync(paths.dir)
  const needed = existsSync(join(paths.dir, 'postgres')) ? LATER_START_BYTES : FIRST_START_BYTES
  const free = bavail * bsize
  if (free < needed)
    throw new UsageError(
      `${paths.dir} has ${(free / GIB).toFixed(1)} GiB free, and ${(needed / GIB).toFixed(1)} GiB are needed`,
    )
  await ensurePackages(servers, join(paths.logs, 'install.log'), say)
}
