import type { JobReopener, Reopened } from '../ports/dead-letters.ts'
import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

/** What is of the request stays; what a worker told is of the run before, and nobody's if the next one ends without a word. */
const REQUEST_TIMINGS = `
  (select coalesce(jsonb_object_agg(told.key, told.value), '{}') from jsonb_each(job.timings) told
    where told.key in ('admitMs', 'storeMs', 'insertMs', 'commitMs'))`

/**
 * Unpublished, and waiting for long enough that the reconciler takes it at its next round. Only what the service itself
 * gave up: what the caller sent wrong stays wrong. The snapshot is older than the updates: `seen` is how it was.
 */
const REOPEN: Statement = {
  name: 'job.reopen',
  text: `
    with reopened as (
      update job set state = 'queued', attempts_before = attempt, lost_count = 0, error = null, models = '[]', threshold_set = null,
             timings = ${REQUEST_TIMINGS},
             started_at = null, finished_at = null, leased_by = null, leased_until = null, published_at = null,
             queued_at = now() - interval '1 minute',
             deadline = now() + (case lane when 'bulk' then $4::float8 else $3::float8 end) * interval '1 millisecond'
       where id = $1 and tenant = $2 and state = 'failed' and error->>'fault' = 'service' and erased_at is null
         and pictures_until > now()
      returning id
    ), unpublished as (
      update job set published_at = null, queued_at = now() - interval '1 minute'
       where id = $1 and tenant = $2 and state = 'queued'
      returning id
    )
    select case when exists (select 1 from reopened) then 'reopened'
                when seen.state in ('queued', 'running', 'canceling') then 'open'
                when seen.state = 'failed' and seen.error->>'fault' = 'service' then 'gone'
                else 'over' end as kind
      from job seen where seen.id = $1 and seen.tenant = $2`,
}

/** Opens jobs again in PostgreSQL. */
export const createJobReopener = (db: Database): JobReopener => ({
  async reopen(tenant, id, { interactive, bulk }) {
    const { rows } = await db.as(tenant).query<{ kind: Reopened }>(REOPEN, [id, tenant, interactive, bulk])
    return rows[0]?.kind ?? 'missing'
  },
})
