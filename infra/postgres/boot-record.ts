import type { BootRecord, WorkerStart } from '../ports/boot-record.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `boot.${name}`, text })

const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`

/** A process that starts again in the same container may have the id of the one before. */
const STARTED = statement(
  'started',
  `insert into worker_start (worker_id, pool, started_at) values ($1, $2, now() - $3::float8 * interval '1 millisecond')
       on conflict (worker_id) do update set pool = excluded.pool, started_at = excluded.started_at, ready_at = null,
          first_job_at = null, device = null`,
)
const READY = statement('ready', 'update worker_start set ready_at = now(), device = $2 where worker_id = $1')
const FIRST_JOB = statement(
  'first-job',
  'update worker_start set first_job_at = coalesce(first_job_at, now()) where worker_id = $1',
)
const STARTS = statement(
  'starts',
  `select worker_id as "workerId", pool, ${epochMs('started_at')} as "startedAt", ${epochMs('ready_at')} as "readyAt",
          ${epochMs('first_job_at')} as "firstJobAt", device
     from worker_start where pool = $1 and started_at >= to_timestamp($2::float8 / 1000)
    order by worker_start.started_at desc limit $3`,
)
const FORGET = statement('forget', 'delete from worker_start where started_at < to_timestamp($1::float8 / 1000)')

/** Starts of workers in PostgreSQL. */
export const createBootRecord = (db: Queryable): BootRecord => ({
  async started(workerId, pool, agoMs) {
    await db.query(STARTED, [workerId, pool, agoMs])
  },
  async ready(workerId, device) {
    await db.query(READY, [workerId, device])
  },
  async firstJob(workerId) {
    await db.query(FIRST_JOB, [workerId])
  },
  async starts(pool, since, limit) {
    return (await db.query<WorkerStart>(STARTS, [pool, since, limit])).rows
  },
  async forget(before) {
    return (await db.query(FORGET, [before])).rowCount ?? 0
  },
})
