import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { AppError, UnavailableError } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'
import { contractOf, OldProcessConnectedError, olderProcesses } from './contract.ts'

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
/** A quiet process opens a connection once a minute at least, to say which models it has or to look after the rows. */
const WATCH_MS = 65_000
const WATCH_POLL_MS = 250

/** `lock_not_available`: the table was busy for as long as others may be kept waiting. @source PostgreSQL, appendix A */
const LOCK_TIMEOUT = '55P03'
/** As the functions of migration 0023 have it. */
const LOCK_WAIT_MS = 300
const LOCK_TRIES = 200
const LOCK_PAUSE_MS = 200

interface Migration {
  readonly file: string
  readonly sql: string
  readonly sha256: string
  /** the release it needs at least, where it takes something away */
  readonly contract: string | undefined
}

/** What a database has of this version's migrations. */
export interface MigrationStatus {
  /** `waiting`: it works as it is; the files of the contract are run when nobody of an older release is left */
  readonly contract: 'done' | 'waiting'
  readonly contractsWaiting: readonly string[]
  /** files of other kinds that were not applied */
  readonly missing: readonly string[]
  /** applied files that have changed since */
  readonly changed: readonly string[]
}

/** What to do about files that an older release cannot bear. A database that nobody has used yet gets them at once. */
export interface MigrateOptions {
  /** `now`: also on a database that has been used, once no older process is seen for a while; `later`: on none */
  readonly contract?: 'when-fresh' | 'now' | 'later'
  /** for how long older processes are looked for */
  readonly watchMs?: number
}

/** The files of this version, in their order. */
export const readMigrations = async (): Promise<Migration[]> => {
  const files = (await readdir(DIRECTORY)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file) => {
      const sql = await readFile(new URL(file, DIRECTORY), 'utf8')
      return { file, sql, sha256: createHash('sha256').update(sql).digest('hex'), contract: contractOf(sql) }
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

/** What only waits its turn is tried again: whoever works with the table comes first. */
const patiently = async (work: () => Promise<void>): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if ((error as { code?: unknown }).code !== LOCK_TIMEOUT || tries === LOCK_TRIES) throw error
      await pause(LOCK_PAUSE_MS)
    }
  }
}

const APPLIED = 'insert into migration (file, sha256) values ($1, $2)'

/** Behind a statement that waits for a table stands everybody else who wants it: it waits for moments, again and again. */
const applyWhole = async (client: Client, { file, sql, sha256 }: Migration): Promise<void> => {
  await client.query('begin')
  try {
    await client.query(`set local lock_timeout = ${LOCK_WAIT_MS}`)
    await client.query(sql)
    await client.query(APPLIED, [file, sha256])
    await client.query('commit')
  } catch (error) {
    // A connection that is gone has rolled back by itself; what it was that failed is worth more.
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** A file outside a transaction may be run twice, when its process died half-way: its statements must bear that. */
const apply = async (client: Client, migration: Migration): Promise<void> => {
  const { file, sql, sha256 } = migration
  if (!sql.startsWith(ALONE)) return patiently(() => applyWhole(client, migration))
  // An index that is built beside the traffic holds nobody up while it waits. Given up, as whoever runs the database may have
  // set it for everybody, it is left half-built, and there already when it is tried again.
  await client.query('set lock_timeout = 0')
  for (const statement of sql.split(STATEMENT_END).filter((text) => text.trim() !== ''))
    await patiently(async () => void (await client.query(statement)))
  await client.query(APPLIED, [file, sha256])
}

/** Seen once is enough; not seen for a while is what it takes. @throws OldProcessConnectedError */
const mustBeAlone = async (client: Client, release: string, watchMs: number): Promise<void> => {
  const until = Date.now() + watchMs
  for (;;) {
    const older = await olderProcesses(client, release)
    if (older.length > 0) throw new OldProcessConnectedError(older, release)
    if (Date.now() >= until) return
    await pause(WATCH_POLL_MS)
  }
}

const connect = async (databaseUrl: string): Promise<Client> => {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    // A migration reaches the rows of every tenant, also as the owner of tables whose policies hold him.
    await client.query("set muster.tenant = '*'")
    return client
  } catch (error) {
    throw new UnavailableError('postgres', error)
  }
}

const READ = 'select file, sha256 from migration'

const readApplied = async (client: Client): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await client.query<{ file: string; sha256: string }>(READ)
  return new Map(rows.map((row) => [row.file, row.sha256]))
}

/** How far a database is, from what it says was applied. Pure. */
export const statusOf = (files: readonly Migration[], applied: ReadonlyMap<string, string>): MigrationStatus => {
  const absent = files.filter(({ file }) => !applied.has(file))
  const contractsWaiting = absent.filter(({ contract }) => contract !== undefined).map(({ file }) => file)
  return {
    contract: contractsWaiting.length === 0 ? 'done' : 'waiting',
    contractsWaiting,
    missing: absent.filter(({ contract }) => contract === undefined).map(({ file }) => file),
    changed: files
      .filter(({ file, sha256 }) => applied.has(file) && applied.get(file) !== sha256)
      .map(({ file }) => file),
  }
}

/** How far is this database? Nothing is changed. @throws UnavailableError */
export const migrationStatus = async (databaseUrl: string): Promise<MigrationStatus> => {
  const client = await connect(databaseUrl)
  try {
    const { rows } = await client.query<{ there: boolean }>(`select to_regclass('migration') is not null as there`)
    return statusOf(await readMigrations(), rows[0]?.there ? await readApplied(client) : new Map())
  } finally {
    await client.end()
  }
}

/**
 * Bring the database to the present schema: forward only, one transaction a file unless its first line says otherwise,
 * under an advisory lock, so that two starts at once are safe. Files this version does not know (a newer Muster applied them) are left alone.
 * Files of a contract wait, unless nobody has used the database yet or they are asked for.
 * @returns the files applied now
 * @throws MigrationChangedError, OldProcessConnectedError, UnavailableError
 */
export const migrate = async (
  databaseUrl: string,
  log: Logger,
  { contract = 'when-fresh', watchMs = WATCH_MS }: MigrateOptions = {},
): Promise<readonly string[]> => {
  const client = await connect(databaseUrl)
  try {
    await lock(client)
    await client.query(`
      create table if not exists migration (
        file text primary key, sha256 text not null, applied_at timestamptz not null default now())`)
    const applied = await readApplied(client)
    const files = await readMigrations()
    const [changed] = statusOf(files, applied).changed
    if (changed !== undefined) throw new MigrationChangedError(changed)
    const fresh: string[] = []
    const isFresh = applied.size === 0 && contract !== 'later'
    /** releases than which nothing older is connected */
    const alone = new Set<string>()
    for (const migration of files.filter(({ file }) => !applied.has(file))) {
      if (migration.contract !== undefined && !isFresh && !alone.has(migration.contract)) {
        if (contract !== 'now') continue
        await mustBeAlone(client, migration.contract, watchMs)
        alone.add(migration.contract)
      }
      const startedAt = Date.now()
      await apply(client, migration)
      log.info({ file: migration.file, ms: Date.now() - startedAt }, 'migration applied')
      fresh.push(migration.file)
    }
    return fresh
  } finally {
    await client.end()
  }
}
