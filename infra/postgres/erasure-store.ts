import type { ErasedJob, Erasure, ErasureStore } from '../ports/erasure-store.ts'
import * as sql from './erasure-sql.ts'
import type { Database } from './pool.ts'

/** Erasures in PostgreSQL. */
export const createErasureStore = (db: Database): ErasureStore => ({
  async open(id, tenant, scope) {
    const [jobId, subject] = 'jobId' in scope ? [scope.jobId, null] : [null, scope.subjectSha256]
    const { rows } = await db.as(tenant).query<Erasure>(sql.OPEN, [id, tenant, jobId, subject])
    return rows[0] as Erasure
  },
  async find(tenant, id) {
    return (await db.as(tenant).query<Erasure>(sql.FIND, [id, tenant])).rows[0]
  },
  async forget(erasureId, limit, leaseMs) {
    return (await db.query<ErasedJob>(sql.FORGET, [erasureId, limit, leaseMs])).rows
  },
  async complete(erasureId) {
    return (await db.query<Erasure>(sql.COMPLETE, [erasureId])).rows[0] as Erasure
  },
  async takeOpen(limit, leaseMs) {
    return (await db.query<Erasure>(sql.TAKE_OPEN, [limit, leaseMs])).rows
  },
  async oldestOpenMs() {
    return (await db.query<{ ms: number }>(sql.OLDEST_OPEN, [])).rows[0]?.ms ?? 0
  },
})
