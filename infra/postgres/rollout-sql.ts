import { BUCKET_COUNT } from '../domain/latency-histogram.ts'
import type { Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `rollout.${name}`, text })

const COLUMNS =
  'id, task, role, model, thresholds, mode, share, tenants, limits, state, reason, started_by, started_at, changed_at, changed_by, change_reason'
/** What workers follow. */
const IN_FORCE_STATES = `state in ('active', 'promoted')`
/** Stands for the rollout from its beginning: so the whole of it is one row and not thousands of minutes. */
const WHOLE = `'-infinity'::timestamptz`

export const START = statement(
  'start',
  `insert into rollout (task, role, model, thresholds, mode, share, tenants, limits, reason, started_by)
   values ($1, $2, $3, $4::jsonb, $5, $6, $7::text[], $8::jsonb, $9, $10)
       on conflict (task) where ${IN_FORCE_STATES} do nothing
   returning ${COLUMNS}`,
)
export const BUSY = statement('busy', `select id from rollout where task = $1 and ${IN_FORCE_STATES}`)
export const FIND = statement('find', `select ${COLUMNS} from rollout where id = $1`)
export const LIST = statement('list', `select ${COLUMNS} from rollout order by id desc limit $1`)
export const IN_FORCE = statement('in-force', `select ${COLUMNS} from rollout where ${IN_FORCE_STATES} order by id`)
export const CHANGE = statement(
  'change',
  `update rollout
      set state = $3, changed_at = clock_timestamp(), changed_by = $4, change_reason = $5
    where id = $1 and state = any($2::text[])
   returning ${COLUMNS}`,
)

/** Whoever had it loaded and comes again did not say that it ended. */
export const ENTER = statement(
  'enter',
  `insert into rollout_worker as w (rollout_id, worker, state) values ($1, $2, 'loading')
       on conflict (rollout_id, worker) do update
      set lost_count = w.lost_count + (w.state in ('loading', 'ready'))::int, state = 'loading', error = null, seen_at = now()
   returning lost_count`,
)
export const TELL = statement(
  'tell',
  `insert into rollout_worker (rollout_id, worker, state, error) values ($1, $2, $3, $4)
       on conflict (rollout_id, worker) do update
      set state = excluded.state, error = coalesce(excluded.error, case excluded.state when 'left' then rollout_worker.error end),
          seen_at = now()`,
)
export const WORKERS = statement(
  'workers',
  'select worker, state, lost_count, error, seen_at from rollout_worker where rollout_id = $1 order by worker',
)

const SUMS =
  'jobs, errors, positives, scored, score_sum, compared, flips, shifted, shift_sum, shift_abs_sum, dropped'.split(', ')

/** $1: JSON array of tallies, each of another rollout or arm. Twice each: into its minute and into the whole. */
export const ADD = statement(
  'add',
  `insert into rollout_count as c (rollout_id, arm, minute, ${SUMS.join(', ')}, latency)
   select t.rollout_id, t.arm, m.minute, ${SUMS.map((name) => `t.${name}`).join(', ')}, t.latency
     from jsonb_to_recordset($1::jsonb) as t(rollout_id bigint, arm text, jobs bigint, errors bigint, positives bigint,
          scored bigint, score_sum float8, compared bigint, flips bigint, shifted bigint, shift_sum float8,
          shift_abs_sum float8, dropped bigint, latency bigint[])
    cross join (values (${WHOLE}), (date_trunc('minute', now()))) as m(minute)
    where exists (select from rollout r where r.id = t.rollout_id)
    order by t.rollout_id, t.arm, m.minute
       on conflict (rollout_id, arm, minute) do update
      set ${SUMS.map((name) => `${name} = c.${name} + excluded.${name}`).join(', ')},
          latency = (select array_agg(u.a + u.b order by u.i)
                       from unnest(c.latency, excluded.latency) with ordinality as u(a, b, i))`,
)

/** $2: lookback in ms; null = the whole rollout. */
export const COUNTS = statement(
  'counts',
  `select arm, ${SUMS.map((name) => `${name}::float8 as ${name}`).join(', ')}, latency::float8[] as latency
     from rollout_count
    where rollout_id = $1
      and case when $2::float8 is null then minute = ${WHOLE}
               else minute <> ${WHOLE} and minute > now() - $2::float8 * interval '1 millisecond' end
      and array_length(latency, 1) = ${BUCKET_COUNT}`,
)
export const FORGET_MINUTES = statement(
  'forget-minutes',
  `delete from rollout_count where minute <> ${WHOLE} and minute < now() - $1::float8 * interval '1 millisecond'`,
)
