import type { DueJob, Overdue, RetentionStore } from '../ports/retention-store.ts'
import type { Database } from './pool.ts'
import * as sql from './retention-sql.ts'

/** No caller takes a job for longer, so that what is overdue is found among the rows due until then. */
const MAX_LEASE_MS = 60_000

/** What must go, found in PostgreSQL. */
export const createRetentionStore = (db: Database): RetentionStore => ({
  async takeDue(limit, leaseMs) {
    const { rows } = await db.query<DueJob & { over: boolean }>(sql.TAKE_DUE, [limit, Math.min(leaseMs, MAX_LEASE_MS)])
    return rows.filter(({ over }) => over).map(({ over: _, ...due }) => due)
  },
  async takeUnkept(tenant, id, leaseMs) {
    return (await db.as(tenant).query<DueJob>(sql.TAKE_UNKEPT, [id, tenant, Math.min(leaseMs, MAX_LEASE_MS)])).rows[0]
  },
  async cleared(jobs) {
    if (jobs.length === 0) return
    const idsOf = (whole: boolean) => jobs.filter((job) => job.whole === whole).map(({ id }) => id)
    // Before the rows say that nothing is left: a crash between the two comes back here.
    await db.query(sql.END_DELIVERIES, [idsOf(true)])
    await db.query(sql.CLEARED, [idsOf(true), idsOf(false)])
  },
  async holders(ids) {
    const { rows } = await db.query<{ id: string }>(sql.HOLDERS, [ids])
    return new Set(rows.map(({ id }) => id))
  },
  async spared() {
    const { rows } = await db.query<{ key: string }>(sql.SPARED, [])
    return new Set(rows.map(({ key }) => key))
  },
  async erased(ids) {
    return (await db.query<Pick<DueJob, 'id' | 'tenant'>>(sql.ERASED, [ids])).rows
  },
  async erasedLately(withinMs, limit) {
    return (await db.query<Pick<DueJob, 'id' | 'tenant'>>(sql.ERASED_LATELY, [withinMs, limit])).rows
  },
  async overdue(graceMs) {
    const { rows } = await db.query<Overdue>(sql.OVERDUE, [graceMs, MAX_LEASE_MS])
    return rows[0] ?? { pictureJobs: 0, resultJobs: 0 }
  },
})
