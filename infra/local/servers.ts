import { postgres } from './postgres.ts'
import { rabbitmq } from './rabbitmq.ts'
import { redis } from './redis.ts'
import { inspectServer, type RunningServer, type ServerStatus, startServer, stopServer } from './server.ts'
import { SERVER_NAMES, type ServerKind, type ServerName } from './server-kind.ts'

export const KINDS: Readonly<Record<ServerName, ServerKind>> = { postgres, rabbitmq, redis }

export interface StartServersOptions {
  /** which ones; all three unless told */
  readonly names?: readonly ServerName[]
  /** the data may be lost with the machine: for test servers only */
  readonly throwAway?: boolean
  readonly onStarted?: (server: RunningServer) => void
}

/**
 * Start private servers under one folder, all at once.
 * @returns the running servers by name
 * @throws LocalServerFailedError of the first that failed, after the others have settled
 */
export const startServers = async (
  dir: string,
  { names = SERVER_NAMES, throwAway = false, onStarted }: StartServersOptions = {},
): Promise<Readonly<Partial<Record<ServerName, RunningServer>>>> => {
  const outcomes = await Promise.allSettled(
    names.map(async (name) => {
      const server = await startServer(KINDS[name], dir, throwAway)
      onStarted?.(server)
      return server
    }),
  )
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  return Object.fromEntries(
    outcomes.flatMap((outcome) => ('value' in outcome ? [[outcome.value.name, outcome.value]] : [])),
  )
}

/** Stop private servers of a folder, keeping the data. @returns the names of those that ran */
export const stopServers = async (
  dir: string,
  names: readonly ServerName[] = SERVER_NAMES,
): Promise<readonly ServerName[]> => {
  const stopped = await Promise.all(names.map(async (name) => ({ name, how: await stopServer(KINDS[name], dir) })))
  return stopped.flatMap(({ name, how }) => (how === 'absent' ? [] : [name]))
}

export const inspectServers = (dir: string): Promise<readonly ServerStatus[]> =>
  Promise.all(SERVER_NAMES.map((name) => inspectServer(KINDS[name], dir)))
