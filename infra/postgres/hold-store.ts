import type { Hold, HoldStore } from '../ports/hold-store.ts'
import * as sql from './hold-sql.ts'
import type { Database } from './pool.ts'

type HoldRow = Omit<Hold, 'scope'> & { readonly jobId: string | null; readonly subjectSha256: string | null }

const toHold = ({ jobId, subjectSha256, ...hold }: HoldRow): Hold => ({
  ...hold,
  // The table has one of the two, and never both.
  scope: jobId === null ? { subjectSha256: subjectSha256 ?? '' } : { jobId },
})

/** Legal holds in PostgreSQL. */
export const createHoldStore = (db: Database): HoldStore => ({
  async place({ id, tenant, scope, reason, placedBy }) {
    const [statement, target] =
      'jobId' in scope ? [sql.PLACE_ON_JOB, scope.jobId] : [sql.PLACE_ON_SUBJECT, scope.subjectSha256]
    const values = [id, tenant, target, reason, placedBy]
    const { rows } = await db.as(tenant).query<{ kind: 'placed' | 'missing' | 'erased' }>(statement, values)
    return rows[0]?.kind ?? 'missing'
  },
  async lift(tenant, scope) {
    const [statement, target] =
      'jobId' in scope ? [sql.LIFT_FROM_JOB, scope.jobId] : [sql.LIFT_FROM_SUBJECT, scope.subjectSha256]
    return (await db.as(tenant).query(statement, [tenant, target])).rows.length > 0
  },
  async list(tenant) {
    return (await db.query<HoldRow>(sql.LIST, [tenant ?? null])).rows.map(toHold)
  },
})
