import { Client, Pool, type PoolClient, type PoolConfig, type QueryResultRow } from 'pg'
import { UnavailableError } from '../domain/errors.ts'
import { VERSION } from '../runtime/version.ts'
import { ACT_FOR, ASSUME_NOBODY, ASSUME_SYSTEM, mustBeTenant } from './row-security.ts'
import type { Queryable, Statement } from './statement.ts'

/** The system's own statements reach the rows of every tenant. */
export interface Database extends Queryable {
  /**
   * The same database as one tenant may see it: a statement reaches the rows of that tenant only, also one that forgets
   * to ask for them. For everything that is done on behalf of one caller.
   */
  as(tenant: string): Queryable
  /** false when the server does not answer */
  alive(): Promise<boolean>
  end(): Promise<void>
}

export interface PoolOptions {
  /** a function is asked for every connection: a password that changed meanwhile is the new one's */
  readonly url: string | (() => string)
  /** connections of the system at most */
  readonly maxCount?: number
  /** connections for `as` at most; opened when they are first needed */
  readonly maxTenantCount?: number
  /** no statement may take longer, in ms */
  readonly statementTimeoutMs?: number
  readonly applicationName?: string
  /**
   * false: a commit answers before it is on disk. For writes that a crash of the server may undo without harm; a later
   * durable commit makes all earlier ones durable too.
   */
  readonly durable?: boolean
  /**
   * true: nothing is asked here that no index answers. Statements are planned once, for a day of jobs when it is empty: a
   * plan that reads the whole of an empty table would still do so when it is full.
   */
  readonly byIndex?: boolean
}

/**
 * SQLSTATE classes that say "not now": 08 connection, 25006 read-only (a failover under way), 53 out of a resource,
 * 57 operator intervention (restart, statement timeout), 40 serialisation failure or deadlock.
 * @source PostgreSQL documentation, appendix A
 */
const NOT_NOW = /^(08|25006|53|57|40)/
/** Two batches that touch the same rows in another order; the loser may simply try again. */
const DEADLOCK = '40P01'

/** Statements over many days look dear enough to be compiled, which takes a thousand times longer than they do. */
const NO_JIT = '-c jit=off'
const BY_INDEX = '-c enable_seqscan=off'
const NOT_DURABLE = '-c synchronous_commit=off'

const sqlStateOf = (error: unknown): string | undefined => {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

const translate = (error: unknown): unknown => {
  const state = sqlStateOf(error)
  return state !== undefined && !NOT_NOW.test(state) ? error : new UnavailableError('postgres', error)
}

/** Nothing of the connection's URL is kept: it is asked for when a connection is made. */
const clientOf = (url: () => string) =>
  class extends Client {
    constructor(config: object = {}) {
      super({ ...config, connectionString: url() })
    }
  }

const retryDeadlocks = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if ((error as { code?: unknown }).code === DEADLOCK && tries < 3) continue
      throw translate(error)
    }
  }
}

/**
 * Connections of their own, which belong to no tenant until they are given to one: whatever goes wrong between two
 * callers, none of these ever saw all rows.
 */
const openTenantPool = (config: PoolConfig) => {
  let pool: Pool | undefined
  const open = (): Pool => {
    pool = new Pool({ ...config, onConnect: async (client) => void (await client.query(ASSUME_NOBODY)) })
    pool.on('error', () => {})
    return pool
  }
  const run = async <R extends QueryResultRow>(tenant: string, statement: Statement, values: readonly unknown[]) => {
    const client: PoolClient = await (pool ?? open()).connect()
    let failed: Error | undefined
    try {
      // Before every statement, so that what the last user of the connection was never matters.
      await client.query({ ...ACT_FOR, values: [tenant] })
      return await client.query<R>({ ...statement, values: [...values] })
    } catch (error) {
      failed = error as Error
      throw error
    } finally {
      // An error of the server leaves the connection usable; of any other kind it is anybody's guess.
      client.release(failed && sqlStateOf(failed) === undefined ? failed : undefined)
    }
  }
  return { run, end: async () => pool?.end() }
}

/**
 * A pool that gives up quickly: a caller is waiting, and a missing database must show as UnavailableError, not as a hang.
 */
export const openPool = ({
  url,
  maxCount = 8,
  maxTenantCount = 4,
  statementTimeoutMs = 5_000,
  applicationName = 'muster',
  durable = true,
  byIndex = false,
}: PoolOptions): Database => {
  const config: PoolConfig = {
    Client: clientOf(typeof url === 'string' ? () => url : url),
    max: maxCount,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    // With it go the statements that were prepared for days that are over.
    maxLifetimeSeconds: 86_400,
    statement_timeout: statementTimeoutMs,
    // The server may be frozen or cut off: then nothing on its side ends the statement.
    query_timeout: statementTimeoutMs + 1_000,
    // A migration that older releases cannot bear waits until none of them is connected.
    application_name: `${applicationName} ${VERSION}`,
    keepAlive: true,
    options: [NO_JIT, ...(durable ? [] : [NOT_DURABLE]), ...(byIndex ? [BY_INDEX] : [])].join(' '),
  }
  const pool = new Pool({ ...config, onConnect: async (client) => void (await client.query(ASSUME_SYSTEM)) })
  // An idle connection that breaks is replaced by the pool; without a listener the event would end the process.
  pool.on('error', () => {})
  const tenants = openTenantPool({ ...config, max: maxTenantCount })

  const query: Database['query'] = (statement, values) =>
    retryDeadlocks(() => pool.query({ ...statement, values: [...values] }))
  const as: Database['as'] = (tenant) => {
    mustBeTenant(tenant)
    return { query: (statement, values) => retryDeadlocks(() => tenants.run(tenant, statement, values)) }
  }
  const alive = () =>
    query({ name: 'alive', text: 'select 1' }, []).then(
      () => true,
      () => false,
    )
  const end = async (): Promise<void> => void (await Promise.all([pool.end(), tenants.end()]))
  return { query, as, alive, end }
}
