import { MAX_ATTEMPTS, MAX_LOST } from '../domain/attempts.ts'
import { JOB_COLUMNS } from './job-row.ts'
import type { Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `job.${name}`, text })

/**
 * $1: JSON array of new jobs. Answers the rows that were new. The key is taken first: whoever comes second waits for the
 * first to commit, and then makes no row.
 */
export const INSERT = statement(
  'insert',
  `with fresh as (
     select * from jsonb_to_recordset($1::jsonb) as n(id uuid, tenant text, task text, lane text, input jsonb,
          deadline_ms float8, idempotency_key text, fingerprint text, webhook_url text, admit_ms float8, store_ms float8,
          insert_ms float8, keep boolean, picture_ttl_ms float8, result_ttl_ms float8, subject_sha256 text)
   ), keyed as (
     insert into job_key (tenant, idempotency_key, job_id)
     select tenant, idempotency_key, id from fresh where idempotency_key is not null order by tenant, idempotency_key
         on conflict do nothing
     returning job_id
   )
   insert into {job} (id, tenant, task, lane, input, deadline, idempotency_key, keyed, fingerprint, webhook_url, timings,
          keep, pictures_until, results_until, due_at, subject_sha256)
   select n.id, n.tenant, n.task, n.lane, n.input, now() + n.deadline_ms * interval '1 millisecond',
          n.idempotency_key, n.idempotency_key is not null, n.fingerprint, n.webhook_url,
          jsonb_strip_nulls(jsonb_build_object('admitMs', n.admit_ms, 'storeMs', n.store_ms, 'insertMs', n.insert_ms)), n.keep,
          now() + n.picture_ttl_ms * interval '1 millisecond', now() + n.result_ttl_ms * interval '1 millisecond',
          now() + least(n.picture_ttl_ms, n.result_ttl_ms) * interval '1 millisecond', n.subject_sha256
     from fresh n
    where n.idempotency_key is null or n.id in (select job_id from keyed)
       on conflict do nothing
   returning ${JOB_COLUMNS}`,
)

/** $1: tenant, $2: key. Answers which job the key stands for. */
export const FIND_BY_KEY = statement(
  'find-by-key',
  'select job_id as id from job_key where tenant = $1 and idempotency_key = $2',
)

export const FIND = statement('find', `select ${JOB_COLUMNS}, job.fingerprint from {job} where id = $1 and tenant = $2`)

export const MARK_PUBLISHED = statement(
  'mark-published',
  `update {job} set published_at = now() where id = any($1::uuid[]) and state = 'queued'`,
)

/**
 * Always true, and taken for rare: without it the planner reckons with a hundred rows in every list, and rather reads a
 * table of thousands of jobs than look up one. It plans for a day when the day is empty, and the plan stays.
 */
const FEW = (column: string): string => `${column} between -2147483647 and 2147483647`

/** Of a job that is being canceled, as it ends: its timings with the time that took. */
const CANCELED_TIMINGS = `job.timings || jsonb_build_object('cancelMs', extract(epoch from now() - job.canceling_at) * 1000)`

/**
 * Test and write in one statement: of two workers one wins. $1: JSON array of claims, $2: the error of an exhausted job,
 * $3: of one whose deadline has passed.
 * A claim over somebody's lease (expired, or its holder known to be gone) counts a lost worker, and ends a job that is
 * being canceled.
 * The snapshot is older than the updates, so `seen` is the state before this statement.
 */
export const CLAIM = statement(
  'claim',
  `with wanted as (
     select * from jsonb_to_recordset($1::jsonb) as w(id uuid, worker text, lease_ms float8, take_over boolean)
      where ${FEW('lease_ms')}
   ), free as (
     select job.id, w.worker, w.lease_ms, job.deadline > now() as in_time, job.state = 'canceling' as canceling,
            job.attempt - job.attempts_before < ${MAX_ATTEMPTS} and job.lost_count + (job.state = 'running')::int < ${MAX_LOST} as may_run
       from wanted w join {job} on job.id = w.id
      where job.state = 'queued'
         or (job.state in ('running', 'canceling') and (w.take_over or job.leased_until < now()))
        for update of job
   ), claimed as (
     update {job} set state = 'running', attempt = job.attempt + 1,
            lost_count = job.lost_count + (job.state = 'running')::int,
            leased_by = f.worker, leased_until = now() + f.lease_ms * interval '1 millisecond', started_at = now()
       from free f where job.id = f.id and f.in_time and f.may_run and not f.canceling
     returning ${JOB_COLUMNS}, ${MAX_ATTEMPTS} - (job.attempt - job.attempts_before) as attempts_left
   ), ended as (
     update {job} set state = case when f.canceling then 'canceled' when f.in_time then 'failed' else 'expired' end,
            error = case when f.canceling then null when f.in_time then $2::jsonb else $3::jsonb end,
            timings = case when f.canceling then ${CANCELED_TIMINGS} else job.timings end,
            finished_at = now(), leased_by = null, leased_until = null
       from free f where job.id = f.id and (f.canceling or not (f.in_time and f.may_run))
     returning job.id as ended_id, job.state as ended_state
   )
   select w.id as wanted_id, seen.state as seen_state, ended.ended_state, claimed.*
     from wanted w
     left join {job seen} on seen.id = w.id
     left join claimed on claimed.id = w.id
     left join ended on ended.ended_id = w.id`,
)

/** $1: JSON array of {id, attempt}, $2: lease in ms. Answers the leases still held, and the states of their jobs. */
export const RENEW = statement(
  'renew',
  `update {job} set leased_until = now() + $2 * interval '1 millisecond'
     from jsonb_to_recordset($1::jsonb) as l(id uuid, attempt integer)
    where job.id = l.id and job.attempt = l.attempt and job.state in ('running', 'canceling') and ${FEW('l.attempt')}
   returning job.id, job.state`,
)

/**
 * $1: JSON array of outcomes. Only the attempt that holds the job may end it; answers those that did. Of a job that is
 * being canceled nothing is kept.
 */
export const FINISH = statement(
  'finish',
  `update {job} set state = case job.state when 'canceling' then 'canceled' else o.state end,
          result = case job.state when 'canceling' then null else o.result end,
          error = case job.state when 'canceling' then null else o.error end,
          models = case job.state when 'canceling' then job.models else o.models end,
          threshold_set = case job.state when 'canceling' then job.threshold_set else o."thresholdSet" end,
          timings = case job.state when 'canceling' then ${CANCELED_TIMINGS} else job.timings || o.timings end,
          finished_at = now(), leased_by = null, leased_until = null
     from jsonb_to_recordset($1::jsonb) as o(id uuid, attempt integer, state text, result jsonb, error jsonb,
          models jsonb, "thresholdSet" text, timings jsonb)
    where job.id = o.id and job.attempt = o.attempt and job.state in ('running', 'canceling') and ${FEW('o.attempt')}
   returning ${JOB_COLUMNS}`,
)

/** $3: whether the attempt is spent. A job that is being canceled has now been let go of. Answers the state after it. */
export const RELEASE = statement(
  'release',
  `update {job} set state = case state when 'running' then 'queued' else 'canceled' end,
          attempt = attempt - (state = 'running' and not $3)::int,
          started_at = case state when 'running' then null else started_at end,
          finished_at = case state when 'running' then null else now() end,
          timings = case state when 'running' then job.timings else ${CANCELED_TIMINGS} end,
          queued_at = now(), published_at = null, leased_by = null, leased_until = null
    where id = $1 and attempt = $2 and state in ('running', 'canceling')
   returning state`,
)

/** At once where no worker has the job; a worker whose lease is over has it no more. */
export const CANCEL = statement(
  'cancel',
  `with before as (
     select id, state <> 'queued' and leased_until >= now() as held
       from {job} where id = $1 and tenant = $2 and state in ('queued', 'running', 'canceling') for update
   )
   update {job} set state = case when held then 'canceling' else 'canceled' end,
          timings = case when held or job.canceling_at is null then job.timings else ${CANCELED_TIMINGS} end,
          canceling_at = coalesce(canceling_at, now()), finished_at = case when held then null else now() end,
          leased_by = case when held then leased_by end, leased_until = case when held then leased_until end
     from before where job.id = before.id
   returning ${JOB_COLUMNS}`,
)

/** $1: ms after the deadline, $2: at most so many. */
export const END_CANCELING = statement(
  'end-canceling',
  `update job set state = 'canceled', timings = ${CANCELED_TIMINGS}, finished_at = now(),
          leased_by = null, leased_until = null
    where id in (select id from job
                  where state = 'canceling'
                    and (leased_until < now() or deadline < now() - $1 * interval '1 millisecond')
                  limit $2 for update skip locked)`,
)

/** What a message is made of. The pick restarts the wait, so that replicas take disjoint sets. */
const REPUBLISH_COLUMNS =
  'job.id, job.tenant, job.task, job.lane, job.attempt, (extract(epoch from job.deadline) * 1000)::float8 as deadline, (extract(epoch from job.deadline - now()) * 1000)::float8 as "remainingMs"'

export const UNPUBLISHED = statement(
  'unpublished',
  `update job set queued_at = now()
    where id in (select id from job
                  where state = 'queued' and published_at is null and deadline > now()
                    and queued_at < now() - $1 * interval '1 millisecond'
                  order by queued_at limit $2 for update skip locked)
   returning ${REPUBLISH_COLUMNS}`,
)

/** The wait of UNPUBLISHED begins that much later. */
export const POSTPONE = statement(
  'postpone',
  `update {job} set queued_at = now() + $2 * interval '1 millisecond', published_at = null
    where id = any($1::uuid[]) and state = 'queued'`,
)

export const OVER = statement(
  'over',
  `select n.id from unnest($1::uuid[]) as n(id)
    where not exists (select from job where job.id = n.id and job.state in ('queued', 'running', 'canceling'))`,
)

export const STALE = statement(
  'stale',
  `update job set published_at = now()
    where id in (select id from job
                  where state = 'queued' and deadline > now() and task = any($1::text[]) and lane = $2
                    and published_at < now() - $3 * interval '1 millisecond'
                  order by deadline limit $4 for update skip locked)
   returning ${REPUBLISH_COLUMNS}`,
)

export const EXPIRE_OVERDUE = statement(
  'expire-overdue',
  `update job set state = 'expired', error = $3::jsonb, finished_at = now(), leased_by = null, leased_until = null
    where id in (select id from job
                  where state in ('queued', 'running') and deadline < now() - $1 * interval '1 millisecond'
                  order by deadline limit $2 for update skip locked)`,
)
