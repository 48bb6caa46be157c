import { Pool, type QueryResult, type QueryResultRow } from 'pg'
import { UnavailableError } from '../domain/errors.ts'

/** A statement; the name makes it a prepared one, planned once a connection. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export interface Database {
  /** @throws UnavailableError when the server does not answer, refuses writes or is short of a resource */
  query<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<QueryResult<R>>
  /** false when the server does not answer */
  alive(): Promise<boolean>
  end(): Promise<void>
}

export interface PoolOptions {
  readonly url: string
  /** connections at most */
  readonly maxCount?: number
  /** no statement may take longer, in ms */
  readonly statementTimeoutMs?: number
  readonly applicationName?: string
  /**
   * false: a commit answers before it is on disk. For writes that a crash of the server may undo without harm; a later
   * durable commit makes all earlier ones durable too.
   */
  readonly durable?: boolean
}

/**
 * SQLSTATE classes that say "not now": 08 connection, 25006 read-only (a failover under way), 53 out of a resource,
 * 57 operator intervention (restart, statement timeout), 40 serialisation failure or deadlock.
 * @source PostgreSQL documentation, appendix A
 */
const NOT_NOW = /^(08|25006|53|57|40)/
/** Two batches that touch the same rows in another order; the loser may simply try again. */
const DEADLOCK = '40P01'

const translate = (error: unknown): unknown => {
  const code = (error as { code?: unknown }).code
  const fromServer = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)
  return fromServer && !NOT_NOW.test(code) ? error : new UnavailableError('postgres', error)
}

/**
 * A pool that gives up quickly: a caller is waiting, and a missing database must show as UnavailableError, not as a hang.
 */
export const openPool = ({
  url,
  maxCount = 8,
  statementTimeoutMs = 5_000,
  applicationName = 'muster',
  durable = true,
}: PoolOptions): Database => {
  const pool = new Pool({
    connectionString: url,
    max: maxCount,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeoutMs,
    // The server may be frozen or cut off: then nothing on its side ends the statement.
    query_timeout: statementTimeoutMs + 1_000,
    application_name: applicationName,
    keepAlive: true,
    ...(durable ? {} : { options: '-c synchronous_commit=off' }),
  })
  // An idle connection that breaks is replaced by the pool; without a listener the event would end the process.
  pool.on('error', () => {})

  const query: Database['query'] = async (statement, values) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await pool.query({ ...statement, values: [...values] })
      } catch (error) {
        if ((error as { code?: unknown }).code === DEADLOCK && tries < 3) continue
        throw translate(error)
      }
    }
  }
  const alive = () =>
    query({ name: 'alive', text: 'select 1' }, []).then(
      () => true,
      () => false,
    )
  return { query, alive, end: () => pool.end() }
}
