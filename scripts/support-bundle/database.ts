import { parsePools } from '../../infra/domain/pools.ts'
import type { KeptDecision } from '../../infra/domain/scaling.ts'
import type { Database } from '../../infra/postgres/pool.ts'
import type { Statement } from '../../infra/postgres/statement.ts'

const DAY_MS = 86_400_000
const DECISION_COUNT = 50

const statement = (name: string, text: string): Statement => ({ name: `support.${name}`, text })

/** Open work of any age: there is an index of it. */
const OPEN = statement(
  'open',
  `select task, lane, state,
          case when created_at > now() - interval '1 minute' then 'a minute'
               when created_at > now() - interval '5 minutes' then '5 minutes'
               when created_at > now() - interval '1 hour' then 'an hour'
               else 'older' end as age,
          count(*)::int as count
     from job where state in ('queued', 'running') group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
)
/** $1: ids are of their time, so the last day is a range of them. */
const LAST_DAY = statement(
  'last-day',
  `select task, lane, state, coalesce(substring(error->>'code' from '^[A-Z][A-Z0-9_]{1,40}$'), '') as code,
          max(attempt)::int as "mostAttempts", count(*)::int as count
     from job where id >= $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
)
const BY_TENANT = statement(
  'by-tenant',
  'select tenant, state, count(*)::int as count from job where id >= $1 group by 1, 2 order by 3 desc limit 1000',
)
const TENANTS = statement('tenants', 'select name as tenant from tenant union select tenant from api_key')
const MIGRATIONS = statement('migrations', 'select file, sha256 from migration order by file')
const CONNECTIONS = statement(
  'connections',
  `select case when application_name like 'muster%' then application_name else 'others' end as program,
          coalesce(state, '-') as state, count(*)::int as count
     from pg_stat_activity where datname = current_database() group by 1, 2 order by 1, 2`,
)
const SIZES = statement(
  'sizes',
  `select relname as "table", pg_total_relation_size(relid)::float8 as bytes, n_live_tup::float8 as "rowsAbout"
     from pg_stat_user_tables order by 2 desc limit 40`,
)

/** The first id a job of that instant can have. @param at epoch ms */
export const firstIdAt = (at: number): string => {
  const hex = at.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/** What of a decision may be seen: counts, never who said what. */
export const decisionFacts = (decision: KeptDecision): object => {
  const { pool, at, from, to, direction, outcome, measurement, forecast, bounds, steps, term, nextAt } = decision
  return {
    at: new Date(at).toISOString(),
    ...{ pool, from, to, direction, outcome, term, nextAt, bounds, forecast, measurement },
    steps: steps.map(({ by, before, after }) => ({ by, before, after })),
    override: decision.override?.kind ?? null,
    doubtCount: decision.doubts.length,
  }
}

/** What a database tells of its work: counts, no row and no part of one. */
export interface DatabaseFacts {
  readonly facts: object
  readonly decisions: readonly object[]
  readonly models: object
  readonly tenants: readonly string[]
}

/**
 * Count what is in the database.
 * @param tenant how a tenant's name is shown
 * @throws UnavailableError
 */
export const readDatabase = async (db: Database, pools: string): Promise<DatabaseFacts> => {
  const { createDecisionStore } = await import('../../infra/postgres/decision-store.ts')
  const { createModelCatalog } = await import('../../infra/postgres/model-catalog.ts')
  const rows = async (asked: Statement, values: readonly unknown[] = []) => (await db.query(asked, values)).rows
  const since = firstIdAt(Date.now() - DAY_MS)
  const byTenant = (await rows(BY_TENANT, [since])) as { tenant: string }[]
  const settled = (await rows(TENANTS)) as { tenant: string }[]
  const store = createDecisionStore(db, '')
  const names = parsePools(pools).map(({ name }) => name)
  const looks = await Promise.all(names.map((pool) => store.list({ pool, limit: DECISION_COUNT })))
  return {
    facts: {
      openJobs: await rows(OPEN),
      jobsOfTheLastDay: await rows(LAST_DAY, [since]),
      jobsOfTheLastDayByTenant: byTenant,
      migrations: await rows(MIGRATIONS),
      connections: await rows(CONNECTIONS),
      tables: await rows(SIZES),
    },
    decisions: looks.flat().map(decisionFacts),
    models: await createModelCatalog(db).list(),
    tenants: [...new Set([...byTenant, ...settled].map(({ tenant }) => tenant))],
  }
}
