import type { DriftEvaluation, PinnedReference } from '../domain/drift-evaluation.ts'
import type { DriftCounts, DriftShare } from '../domain/drift-signals.ts'
import type { Steps } from '../domain/steps.ts'
import type { TaskName } from '../domain/task.ts'
import type { DriftStore } from '../ports/drift-store.ts'
import { giveWay } from '../runtime/give-way.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `drift.${name}`, text })

const instant = (value: string): string => `to_timestamp(${value}::float8 / 1000)`
const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
/** UTC, whatever zone the server lives in: some are half an hour off. */
const THIS_HOUR = `date_trunc('hour', now(), 'UTC')`

/**
 * $1: source, $2: number, $3: JSON array of shares. Only a report that was not counted yet counts. Rows are written in one
 * order, so that two processes do not wait for each other in a circle.
 */
const TELL = statement(
  'tell',
  `with fresh as (
     insert into drift_source (source, number) values ($1, $2)
         on conflict (source) do update set number = excluded.number, told_at = now()
      where drift_source.number < excluded.number
     returning source
   )
   insert into drift_hour (hour, task, model, tenant, sdk, counts)
   select ${THIS_HOUR}, s.task, s.model, s.tenant, s.sdk, s.counts
     from fresh, jsonb_to_recordset($3::jsonb) as s(task text, model text, tenant text, sdk text, counts jsonb)
    order by s.task, s.model, s.tenant, s.sdk
       on conflict (task, hour, model, tenant, sdk) do update set counts =
          (select jsonb_object_agg(key, n)
             from (select key, sum(value::bigint) as n
                     from (select * from jsonb_each_text(drift_hour.counts)
                           union all select * from jsonb_each_text(excluded.counts)) both_of_them
                    group by key) added)`,
)

/** With a thousand tenants so many hours are added up well within what a statement may take, on a busy server too. */
const HOURS_AT_ONCE = 4

/** $1: task, $2: hours, `HOURS_AT_ONCE` at most */
const SUMS = statement(
  'sums',
  `select model, tenant, sdk, jsonb_object_agg(key, n) as counts
     from (select model, tenant, sdk, key, sum(value::bigint) as n
             from drift_hour, jsonb_each_text(counts)
            where task = $1 and hour = any($2::timestamptz[])
            group by model, tenant, sdk, key) each_bin
    group by model, tenant, sdk
    order by model, tenant, sdk`,
)

/** A process that has told nothing for a day is gone. */
const FORGET = statement(
  'forget',
  `with sources as (delete from drift_source where told_at < now() - interval '1 day')
   delete from drift_hour
    where hour < ${instant('$1')}
      and not exists (select from drift_reference r
                       where r.task = drift_hour.task and drift_hour.hour >= r.from_at and drift_hour.hour < r.until_at)`,
)

const PINS = statement(
  'pins',
  `select task, ${epochMs('from_at')} as "from", ${epochMs('until_at')} as "until", reason, set_by as "setBy",
          ${epochMs('set_at')} as "setAt"
     from drift_reference order by task`,
)

const PIN = statement(
  'pin',
  `insert into drift_reference (task, from_at, until_at, reason, set_by)
   values ($1, ${instant('$2')}, ${instant('$3')}, $4, $5)
       on conflict (task) do update set from_at = excluded.from_at, until_at = excluded.until_at,
          reason = excluded.reason, set_by = excluded.set_by, set_at = clock_timestamp()`,
)

const UNPIN = statement('unpin', 'delete from drift_reference where task = $1')

const KEEP = statement(
  'keep',
  `insert into drift_evaluation (evaluation) values ($1::jsonb)
       on conflict (tenant) do update set evaluation = excluded.evaluation`,
)

const LATEST = statement('latest', 'select evaluation from drift_evaluation')

interface SumRow {
  readonly model: string
  readonly tenant: string
  readonly sdk: string
  readonly counts: DriftCounts
}

const toShare = (task: TaskName, { model, tenant, sdk, counts }: SumRow): DriftShare =>
  tenant === '' ? { task, model, by: 'sdk', value: sdk, counts } : { task, model, by: 'tenant', value: tenant, counts }

/** Add rows to what others have come to, in place: a row is nobody's but ours. A row at each step. */
function* addRows(task: TaskName, rows: readonly SumRow[], sums: Map<string, DriftShare>): Steps<void> {
  for (const row of rows) {
    const key = JSON.stringify([row.model, row.tenant, row.sdk])
    const sum = sums.get(key)?.counts as Record<string, number> | undefined
    if (sum) for (const [bin, count] of Object.entries(row.counts)) sum[bin] = (sum[bin] ?? 0) + count
    else sums.set(key, toShare(task, row))
    yield
  }
}

/** Distributions in PostgreSQL: a row for each hour, task, set of models, and tenant or SDK. */
export const createDriftStore = (db: Queryable): DriftStore => ({
  async tell({ source, number, shares }) {
    const rows = shares.map(({ task, model, by, value, counts }) => ({
      ...{ task, model, counts },
      ...{ tenant: by === 'tenant' ? value : '', sdk: by === 'sdk' ? value : '' },
    }))
    await db.query(TELL, [source, number, JSON.stringify(rows)])
  },
  async sums(task, hours) {
    const sums = new Map<string, DriftShare>()
    const starts = [...new Set(hours)].map((hour) => new Date(hour).toISOString())
    for (let first = 0; first < starts.length; first += HOURS_AT_ONCE) {
      const { rows } = await db.query<SumRow>(SUMS, [task, starts.slice(first, first + HOURS_AT_ONCE)])
      await giveWay(addRows(task, rows, sums))
    }
    return [...sums.values()]
  },
  async forget(before) {
    return (await db.query(FORGET, [before])).rowCount ?? 0
  },
  async pins() {
    return (await db.query<PinnedReference & { task: TaskName }>(PINS, [])).rows
  },
  async pin({ task, from, until, reason, setBy }) {
    await db.query(PIN, [task, from, until, reason, setBy])
  },
  async unpin(task) {
    return ((await db.query(UNPIN, [task])).rowCount ?? 0) > 0
  },
  async keep(evaluation) {
    await db.query(KEEP, [JSON.stringify(evaluation)])
  },
  async latest() {
    return (await db.query<{ evaluation: DriftEvaluation }>(LATEST, [])).rows[0]?.evaluation
  },
})
