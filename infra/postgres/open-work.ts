import type { OpenJobs, OpenWork } from '../ports/open-work.ts'
import type { Queryable, Statement } from './statement.ts'

/** One that was tried again long after it was made has waited since then. */
const WAITING_SINCE = 'case when attempts_before = 0 then created_at else queued_at end'
const WAITS = "state = 'queued' or leased_until <= now()"

/** A job whose lease is over has no worker any more, whatever its state says. $1: tasks. */
const COUNT: Statement = {
  name: 'open-work.count',
  text: `select count(*) filter (where ${WAITS})::integer as "queuedCount",
          (extract(epoch from clock_timestamp() - min(${WAITING_SINCE}) filter (where ${WAITS})) * 1000)::float8 as "oldestQueuedMs",
          count(*) filter (where state = 'running' and leased_until > now())::integer as "runningCount",
          (extract(epoch from clock_timestamp()) * 1000)::float8 as at
     from job where state in ('queued', 'running') and deadline > now() and task = any($1::text[])`,
}

/** Open jobs as PostgreSQL has them. */
export const createOpenWork = (db: Queryable): OpenWork => ({
  async count(tasks) {
    const { rows } = await db.query<OpenJobs & { readonly oldestQueuedMs: number | null }>(COUNT, [tasks])
    const row = rows[0] as (typeof rows)[number]
    return { ...row, oldestQueuedMs: row.oldestQueuedMs ?? undefined }
  },
})
