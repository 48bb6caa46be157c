import type { Client } from 'pg'
import { AppError } from '../domain/errors.ts'

/** A migration of a contract cannot be run: a process that could not bear it is connected. */
export class OldProcessConnectedError extends AppError {
  readonly code = 'OLD_PROCESS_CONNECTED'
  readonly retryable = true
  readonly processes: readonly string[]
  constructor(processes: readonly string[], release: string) {
    super(`release ${release} or later must be the only one that runs; connected: ${processes.join(', ')}`)
    this.processes = processes
  }
}

/** `<name> <version>`, as pool.ts names its connections; releases before 0.2.0 say no version. */
const NAME = /^(muster(?: [a-z-]+)*)(?: (\d+)\.(\d+)\.(\d+)(-\S+)?)?$/
const RELEASE = /^(\d+)\.(\d+)\.(\d+)$/

/**
 * Is what connected by this name of an older release than this one? What is not Muster is nobody's business; a Muster that
 * does not say is old. A version that leads up to a release counts as the release.
 */
export const isOlder = (applicationName: string, release: string): boolean => {
  const found = NAME.exec(applicationName)
  if (!found) return false
  const parts = found.slice(2, 5)
  if (parts[0] === undefined) return true
  const needed = (RELEASE.exec(release)?.slice(1) ?? []).map(Number)
  for (const [index, least] of needed.entries()) {
    const has = Number(parts[index])
    if (has !== least) return has < least
  }
  return false
}

/** Header of a file that takes something away: releases before the one it names cannot work with what is left. */
const HEADER = /^-- contract: (\d+\.\d+\.\d+)$/
const COMMENT = '--'

/** Which release a migration needs at least; undefined = every one may go on as it is. */
export const contractOf = (sql: string): string | undefined => {
  for (const line of sql.split('\n')) {
    if (!line.startsWith(COMMENT)) return undefined
    const found = HEADER.exec(line)
    if (found) return found[1]
  }
  return undefined
}

const CONNECTED = `
  select distinct application_name as name from pg_stat_activity
   where datname = current_database() and pid <> pg_backend_pid() and application_name like 'muster%' order by 1`

/** Names of what is connected and older. */
export const olderProcesses = async (client: Client, release: string): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(CONNECTED)
  return rows.map(({ name }) => name).filter((name) => isOlder(name, release))
}
