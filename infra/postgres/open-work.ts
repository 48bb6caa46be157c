import type { OpenJobs, OpenWork } from '../ports/open-work.ts'
import type { Queryable, Statement } from './statement.ts'

/** A job whose lease is over has no worker any more, whatever its state says. $1: tasks. */
const COUNT: Statement = {
  name: 'open-work.count',
  text: `select count(*) filter (where state = 'queued' or leased_until <= now())::integer as "queuedCount",
          count(*) filter (where state = 'running' and leased_until > now())::integer as "runningCount",
          (extract(epoch from clock_timestamp()) * 1000)::float8 as at
     from job where state in ('queued', 'running') and deadline > now() and task = any($1::text[])`,
}

/** Open jobs as PostgreSQL has them. */
export const createOpenWork = (db: Queryable): OpenWork => ({
  async count(tasks) {
    return (await db.query<OpenJobs>(COUNT, [tasks])).rows[0] as OpenJobs
  },
})
