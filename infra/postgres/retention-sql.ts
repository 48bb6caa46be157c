import { HELD } from './hold-sql.ts'
import type { Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `retention.${name}`, text })

/** Keys of the pictures a row still names, of the uploads they were sealed from, and of those it has forgotten before. */
export const KEYS_LEFT = `coalesce(job.pictures_left, '{}') ||
          array(select k from jsonb_array_elements(job.input->'pictures') p, unnest(array[p->>'key', p->>'upload']) k
                 where k is not null)`

/** What stays of a job is that there was one: id, task, state, models, timings. */
export const FORGET_WHOLE = `pictures_left = ${KEYS_LEFT}, erased_at = coalesce(job.erased_at, now()), result = null,
          error = null, subject_sha256 = null, webhook_url = null,
          input = jsonb_build_object('pictures', '[]'::jsonb, 'options', '{}'::jsonb)`

/** An open job would lose its pictures before it is run: it is looked at again when it must be over. */
const LOOK_AGAIN = "greatest(job.deadline, now()) + interval '10 seconds'"

/** What is held is looked at that often, lest it stands in the way of what is due; lifting the hold makes it due again. */
const HELD_AGAIN = "now() + interval '1 hour'"

/** $1: at most so many, $2: lease in ms. Only what is over and not held forgets. */
export const TAKE_DUE = statement(
  'take-due',
  `with picked as (
     select id, finished_at is not null and not ${HELD} as over, ${HELD} as held, (results_until <= now() or erased_at is not null) as whole
       from job where due_at <= now() order by due_at limit $1 for update skip locked
   )
   update job set
          due_at = case when over then now() + $2 * interval '1 millisecond'
                        when picked.held then ${HELD_AGAIN} else ${LOOK_AGAIN} end,
          pictures_left = case when over then ${KEYS_LEFT} else job.pictures_left end,
          erased_at = case when over and whole then coalesce(job.erased_at, now()) else job.erased_at end,
          result = case when over and whole then null else job.result end,
          error = case when over and whole then null else job.error end,
          subject_sha256 = case when over and whole then null else job.subject_sha256 end,
          webhook_url = case when over and whole then null else job.webhook_url end,
          input = case when not over then job.input
                       else jsonb_build_object('pictures', '[]'::jsonb, 'options',
                            case when whole then '{}'::jsonb else job.input->'options' end) end
     from picked where job.id = picked.id
   returning job.id, job.tenant, job.pictures_left as pictures, whole, over`,
)

/** $1: id, $2: tenant, $3: lease in ms. */
export const TAKE_UNKEPT = statement(
  'take-unkept',
  `update job set ${FORGET_WHOLE}, results_until = now(), due_at = now() + $3 * interval '1 millisecond'
    where id = $1 and tenant = $2 and not keep and finished_at is not null and erased_at is null and not ${HELD}
   returning id, tenant, pictures_left as pictures, true as whole`,
)

/**
 * $1: ids of jobs that nothing is left of, $2: of those whose pictures are gone. What has more to lose is due again when
 * that is; what was erased meanwhile is not done with its pictures alone.
 */
export const CLEARED = statement(
  'cleared',
  `update job set pictures_left = null, pictures_erased_at = coalesce(pictures_erased_at, now()),
          due_at = case when erased_at is null then results_until end
    where finished_at is not null and (id = any($1::uuid[]) or (id = any($2::uuid[]) and erased_at is null))`,
)

/** $1: ids. The log of a delivery holds what the receiver answered. */
export const END_DELIVERIES = statement(
  'end-deliveries',
  `delete from webhook_delivery where job_id in (select id from job where id = any($1::uuid[]) and erased_at is not null)`,
)

/** $1: ids. */
export const HOLDERS = statement(
  'holders',
  'select id from job where id = any($1::uuid[]) and pictures_erased_at is null',
)

/** $1: ids. */
export const ERASED = statement(
  'erased',
  'select id, tenant from job where id = any($1::uuid[]) and erased_at is not null',
)

/** $1: ms, $2: at most so many. */
export const ERASED_LATELY = statement(
  'erased-lately',
  `select id, tenant from job where erased_at > now() - $1 * interval '1 millisecond' order by erased_at desc limit $2`,
)

/**
 * Uploads have ids of their own: which job one belongs to only the job says. Jobs that are not over are few, and so are those
 * that are held.
 */
export const SPARED = statement(
  'spared',
  `select p->>'key' as key from job, jsonb_array_elements(input->'pictures') p
    where state in ('queued', 'running') and starts_with(p->>'key', 'uploads/')
    union
   select p->>'key' from job, jsonb_array_elements(input->'pictures') p where job.on_hold
    union
   select p->>'key' from legal_hold h join job on job.tenant = h.tenant and job.subject_sha256 = h.subject_sha256,
          jsonb_array_elements(job.input->'pictures') p`,
)

const COUNT_LIMIT = 10_000

/** When something of a row that is still there should have been gone. */
const PICTURES_SINCE = 'case when pictures_erased_at is null then least(pictures_until, erased_at) end'
const RESULT_SINCE = 'case when erased_at is null then results_until end'
const LATE = "now() - $1 * interval '1 millisecond'"

/**
 * $1: ms after which what is due is overdue, $2: the longest lease in ms. What is overdue is due again before its lease is
 * over, so that only the rows due until then are looked at. Work that is not over is not overdue.
 */
export const OVERDUE = statement(
  'overdue',
  `with late as (
     select ${PICTURES_SINCE} < ${LATE} as pictures, ${RESULT_SINCE} < ${LATE} as result
       from job
      where due_at <= now() + $2 * interval '1 millisecond' and finished_at < ${LATE}
        and least(${PICTURES_SINCE}, ${RESULT_SINCE}) < ${LATE} and not ${HELD}
      limit ${COUNT_LIMIT}
   )
   select count(*) filter (where pictures)::integer as "pictureJobs", count(*) filter (where result)::integer as "resultJobs"
     from late`,
)
