import type { FleetJob, FleetJobs } from '../ports/fleet-jobs.ts'
import type { JobRow } from './job-row.ts'
import type { Queryable, Statement } from './statement.ts'

const ms = (column: string, alias: string): string => `(extract(epoch from ${column}) * 1000)::float8 as ${alias}`

/** Input, result and addresses are not even read. */
const FIND: Statement = {
  name: 'fleet-jobs.find',
  text: `select id, tenant, task, lane, state, attempt, models, threshold_set, timings, error->>'code' as code,
          error->>'fault' as fault, ${ms('created_at', 'created_ms')}, ${ms('started_at', 'started_ms')},
          ${ms('finished_at', 'finished_ms')}, ${ms('deadline', 'deadline_ms')}, ${ms('erased_at', 'erased_ms')}
     from job where id = $1`,
}

type Row = Omit<JobRow, 'input' | 'result' | 'error' | 'keep'> & {
  readonly code: string | null
  readonly fault: 'caller' | 'service' | null
}

const toFleetJob = (row: Row): FleetJob => ({
  ...{ id: row.id, tenant: row.tenant, task: row.task, lane: row.lane, state: row.state, attempt: row.attempt },
  ...{ models: row.models, thresholdSet: row.threshold_set, timings: row.timings },
  ...{ createdAt: row.created_ms, startedAt: row.started_ms, finishedAt: row.finished_ms },
  ...{ deadline: row.deadline_ms, erasedAt: row.erased_ms },
  error: row.code === null ? null : { code: row.code, fault: row.fault ?? 'service' },
})

/** Jobs of every tenant in PostgreSQL. @param db as the system */
export const createFleetJobs = (db: Queryable): FleetJobs => ({
  async find(id) {
    const [row] = (await db.query<Row>(FIND, [id])).rows
    return row && toFleetJob(row)
  },
})
