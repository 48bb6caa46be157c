import type { Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `hold.${name}`, text })

/** Is this job held? The column for holds of before it was read, the table for jobs that came after the hold. */
export const HELD = `(job.on_hold or exists (
     select from legal_hold h where h.tenant = job.tenant and h.subject_sha256 = job.subject_sha256))`

const PLACED = 'do update set reason = excluded.reason, placed_by = excluded.placed_by'

/** $1: id, $2: tenant, $3: job, $4: reason, $5: who. */
export const PLACE_ON_JOB = statement(
  'place-on-job',
  `with target as (
     update job set on_hold = true where id = $3 and tenant = $2 and erased_at is null returning id
   ), placed as (
     insert into legal_hold (id, tenant, job_id, reason, placed_by) select $1, $2, $3, $4, $5 from target
         on conflict (tenant, job_id) where job_id is not null ${PLACED}
   )
   select case when exists (select from target) then 'placed'
               when exists (select from job where id = $3 and tenant = $2) then 'erased' else 'missing' end as kind`,
)

/** $1: id, $2: tenant, $3: hash of the subject, $4: reason, $5: who. */
export const PLACE_ON_SUBJECT = statement(
  'place-on-subject',
  `with target as (
     update job set on_hold = true where tenant = $2 and subject_sha256 = $3 and not on_hold
   )
   insert into legal_hold (id, tenant, subject_sha256, reason, placed_by) values ($1, $2, $3, $4, $5)
       on conflict (tenant, subject_sha256) where subject_sha256 is not null ${PLACED}
   returning 'placed' as kind`,
)

/** When what was held must go: what is over already, at once. */
const DUE = `case when job.finished_at is null or job.due_at is null then job.due_at
                  when job.erased_at is not null then now()
                  when job.pictures_erased_at is null then least(job.pictures_until, job.results_until)
                  else job.results_until end`

/** Erasures that were asked for meanwhile go on at once. */
const RESUME =
  'update erasure set due_at = now() where tenant = $1 and due_at is not null and exists (select from lifted)'

/** $1: tenant, $2: job. */
export const LIFT_FROM_JOB = statement(
  'lift-from-job',
  `with lifted as (
     delete from legal_hold where tenant = $1 and job_id = $2 returning id
   ), freed as (
     update job set due_at = ${DUE}, on_hold = exists (
              select from legal_hold h where h.tenant = job.tenant and h.subject_sha256 = job.subject_sha256)
      where id = $2 and tenant = $1 and exists (select from lifted)
   ), resumed as (${RESUME})
   select id from lifted`,
)

/** $1: tenant, $2: hash of the subject. */
export const LIFT_FROM_SUBJECT = statement(
  'lift-from-subject',
  `with lifted as (
     delete from legal_hold where tenant = $1 and subject_sha256 = $2 returning id
   ), freed as (
     update job set due_at = ${DUE}, on_hold = exists (
              select from legal_hold h where h.tenant = job.tenant and h.job_id = job.id)
      where tenant = $1 and subject_sha256 = $2 and exists (select from lifted)
   ), resumed as (${RESUME})
   select id from lifted`,
)

/** $1: tenant, or null for all. */
export const LIST = statement(
  'list',
  `select id, tenant, job_id as "jobId", subject_sha256 as "subjectSha256", reason, placed_by as "placedBy",
          (extract(epoch from placed_at) * 1000)::float8 as "placedAt"
     from legal_hold where $1::text is null or tenant = $1 order by placed_at, id`,
)
