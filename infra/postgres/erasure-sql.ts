import { HELD } from './hold-sql.ts'
import { FORGET_WHOLE } from './retention-sql.ts'
import type { Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `erasure.${name}`, text })

const ms = (column: string): string => `(extract(epoch from erasure.${column}) * 1000)::float8`
/** Jobs of an erasure that a legal hold keeps. */
const HELD_JOBS = `(select count(*)::integer from job
     where job.tenant = erasure.tenant and job.id = erasure.job_id and job.erased_at is null and ${HELD})
   + (select count(*)::integer from job
     where job.tenant = erasure.tenant and job.subject_sha256 = erasure.subject_sha256
       and job.created_at <= erasure.requested_at and ${HELD})`
const COLUMNS = `erasure.id, erasure.tenant, ${ms('requested_at')} as "requestedAt", ${ms('completed_at')} as "completedAt",
   erasure.job_count as "jobCount", erasure.picture_count as "pictureCount",
   ${HELD_JOBS} as "heldCount"`

/** $1: id, $2: tenant, $3: job or null, $4: hash of the subject or null. */
export const OPEN = statement(
  'open',
  `insert into erasure (id, tenant, job_id, subject_sha256) values ($1, $2, $3, $4)
       on conflict (tenant, job_id) where job_id is not null do update set job_id = excluded.job_id
   returning ${COLUMNS}`,
)

export const FIND = statement('find', `select ${COLUMNS} from erasure where id = $1 and tenant = $2`)

/**
 * $1: erasure, $2: at most so many jobs, $3: lease in ms. A row that has forgotten its subject is not met again, so that a
 * batch costs the same however many there are. A job that was erased before but is not cleared yet is waited for too.
 * Nobody is called about a job any more, but for one that this cancels: its end is told until it is cleared.
 */
export const FORGET = statement(
  'forget',
  `with e as (
     select * from erasure where id = $1 and completed_at is null
   ), meant as (
     select job.id from job, e where job.id = e.job_id and job.tenant = e.tenant
     union all
     (select job.id from job, e
       where job.tenant = e.tenant and job.subject_sha256 = e.subject_sha256 and job.created_at <= e.requested_at
         and not ${HELD}
       limit $2)
   ), picked as (
     select id, finished_at is null as open,
            coalesce(cardinality(pictures_left), 0) + jsonb_array_length(input->'pictures') as pictures
       from job
      where id in (select id from meant) and erasure_id is distinct from $1 and (erased_at is null or due_at is not null)
        and not ${HELD}
      order by id limit $2 for update
   ), gone as (
     update job set ${FORGET_WHOLE}, erasure_id = $1, due_at = now() + $3 * interval '1 millisecond',
            state = case when open then 'canceled' else state end, finished_at = coalesce(finished_at, now()),
            leased_by = null, leased_until = null
       from picked where job.id = picked.id
     returning job.id, job.tenant, job.pictures_left, open, pictures
   ), untold as (
     delete from webhook_delivery using gone where webhook_delivery.job_id = gone.id
   ), tally as (
     update erasure set due_at = now() + $3 * interval '1 millisecond',
            job_count = job_count + (select count(*) from gone),
            picture_count = picture_count + (select coalesce(sum(pictures), 0) from gone)
      where id = $1 and completed_at is null
   )
   select id, tenant, pictures_left as pictures, true as whole, open as "wasOpen" from gone`,
)

/** Only when none is left, none that is held either: another erasure may have held up a batch of this one. Nothing of the scope is kept with the receipt but a job's id. */
export const COMPLETE = statement(
  'complete',
  `with done as (
     update erasure set completed_at = now(), due_at = null, subject_sha256 = null
      where id = $1 and completed_at is null
        and not exists (select from job where erasure_id = $1 and due_at is not null)
        and not exists (select from job where id = erasure.job_id and job.tenant = erasure.tenant and erased_at is null and ${HELD})
        and not exists (select from job where job.tenant = erasure.tenant and job.subject_sha256 = erasure.subject_sha256
                                          and job.created_at <= erasure.requested_at)
     returning ${COLUMNS}
   )
   select * from done union all select ${COLUMNS} from erasure where id = $1 and not exists (select from done)`,
)

/** $1: at most so many, $2: lease in ms. */
export const TAKE_OPEN = statement(
  'take-open',
  `update erasure set due_at = now() + $2 * interval '1 millisecond'
    where id in (select id from erasure where due_at <= now() order by due_at limit $1 for update skip locked)
   returning ${COLUMNS}`,
)

/** What waits for a hold to be lifted waits for a person. */
export const OLDEST_OPEN = statement(
  'oldest-open',
  `select coalesce(extract(epoch from now() - min(requested_at)) * 1000, 0)::float8 as ms
     from erasure where due_at is not null and ${HELD_JOBS} = 0`,
)
