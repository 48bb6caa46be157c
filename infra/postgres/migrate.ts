import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { AppError, UnavailableError } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'

const DIRECTORY = new URL('migrations/', import.meta.url)
/** Any constant will do, as long as every Muster of every version uses the same one. */
const ADVISORY_LOCK = 7_351_204_411

/** A file that was applied before has been edited since, or is gone. */
export class MigrationChangedError extends AppError {
  readonly code = 'MIGRATION_CHANGED'
  readonly retryable = false
  constructor(file: string) {
    super(`migration ${file} was applied to this database and has changed since; add a new file instead`)
  }
}

/** First line of a file whose statements lock too much in one transaction, for example `create index` on a big table. */
const ALONE = '-- outside a transaction'
const STATEMENT_END = /;\s*$/m
const LOCK_POLL_MS = 50

interface Migration {
  readonly file: string
  readonly sql: string
  readonly sha256: string
}

/** The files of this version, in their order. */
export const readMigrations = async (): Promise<Migration[]> => {
  const files = (await readdir(DIRECTORY)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file) => {
      const sql = await readFile(new URL(file, DIRECTORY), 'utf8')
      return { file, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/**
 * A process that waited in the database for the lock would hold a snapshot, and an index that is built beside the traffic
 * waits for every snapshot: each would wait for the other.
 */
const lock = async (client: Client): Promise<void> => {
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
      ADVISORY_LOCK,
    ])
    if (rows[0]?.locked) return
    await pause(LOCK_POLL_MS)
  }
}

/** A file outside a transaction may be run twice, when its process died half-way: its statements must bear that. */
const apply = async (client: Client, { file, sql, sha256 }: Migration): Promise<void> => {
  const whole = !sql.startsWith(ALONE)
  const statements = whole ? [sql] : sql.split(STATEMENT_END).filter((statement) => statement.trim() !== '')
  if (whole) await client.query('begin')
  for (const statement of statements) await client.query(statement)
  await client.query('insert into migration (file, sha256) values ($1, $2)', [file, sha256])
  if (whole) await client.query('commit')
}

/**
 * Bring the database to the present schema: forward only, one transaction a file unless its first line says otherwise,
 * under an advisory lock, so that two starts at once are safe. Files this version does not know (a newer Muster applied them) are left alone.
 * @returns the files applied now
 * @throws MigrationChangedError, UnavailableError
 */
export const migrate = async (databaseUrl: string, log: Logger): Promise<readonly string[]> => {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    // A migration reaches the rows of every tenant, also as the owner of tables whose policies hold him.
    await client.query("set muster.tenant = '*'")
  } catch (error) {
    throw new UnavailableError('postgres', error)
  }
  try {
    await lock(client)
    await client.query(`
      create table if not exists migration (
        file text primary key, sha256 text not null, applied_at timestamptz not null default now())`)
    const { rows } = await client.query<{ file: string; sha256: string }>('select file, sha256 from migration')
    const applied = new Map(rows.map((row) => [row.file, row.sha256]))
    const fresh: string[] = []
    for (const { file, sql, sha256 } of await readMigrations()) {
      const before = applied.get(file)
      if (before === sha256) continue
      if (before !== undefined) throw new MigrationChangedError(file)
      await apply(client, { file, sql, sha256 })
      log.info({ file }, 'migration applied')
      fresh.push(file)
    }
    return fresh
  } finally {
    await client.end()
  }
}
