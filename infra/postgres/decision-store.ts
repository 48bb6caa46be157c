import type { DecisionOutcome, KeptDecision } from '../domain/scaling.ts'
import { CHANGES_SHARE, type DecisionStore, type Look } from '../ports/decision-store.ts'
import type { Queryable, Statement } from './statement.ts'

/** Everything of a decision that has no column of its own. */
type Facts = Omit<KeptDecision, 'id' | 'pool' | 'at' | 'from' | 'to' | 'outcome' | 'outcomeWhy' | 'term'>

interface DecisionRow {
  readonly id: string
  readonly pool: string
  readonly at: Date
  readonly from_count: number
  readonly to_count: number
  readonly outcome: DecisionOutcome
  readonly outcome_why: string
  readonly term: string
  readonly facts: Facts
}

const COLUMNS = 'id, pool, at, from_count, to_count, outcome, outcome_why, term, facts'
const statement = (name: string, text: string): Statement => ({ name: `decision.${name}`, text })
const instant = (parameter: string): string => `to_timestamp(${parameter}::float8 / 1000)`

/**
 * $1: the lease. Written only while the term is the one that leads; the lock makes whoever takes the lease meanwhile wait
 * until this is written, and so find it.
 */
const BEGIN = statement(
  'begin',
  `with lead as (
     select term from leader_lease where name = $1 and term = $2 and until > clock_timestamp() for share
   )
   insert into decision (term, pool, at, from_count, to_count, outcome, outcome_why, facts)
   select term, $3, ${instant('$4')}, $5, $6, $7, $8, $9::jsonb from lead
   returning id`,
)
/** Final is what the fleet has answered or shown. What was only thought to be undone may turn out to be done. */
const SETTLE = statement(
  'settle',
  `update decision set outcome = $2, outcome_why = $3
    where id = $1 and outcome in ('intended', 'unavailable', 'abandoned')`,
)
const UNSETTLED = statement(
  'unsettled',
  `select ${COLUMNS} from decision where outcome = 'intended' order by at limit 1000`,
)
const LIST = statement(
  'list',
  `select ${COLUMNS} from decision
    where pool = $1 and ($2::float8 is null or at < ${instant('$2')}) and ($3::float8 is null or at >= ${instant('$3')})
    order by at desc limit $4`,
)
const LIST_CHANGES = statement('list-changes', LIST.text.replace('order by', 'and from_count <> to_count order by'))
const AT = statement(
  'at',
  `select ${COLUMNS} from decision where pool = $1 and at <= ${instant('$2')} order by at desc limit 1`,
)
/**
 * $4: at most so many. Which looks is found without what they saw, of which there is a lot: that is read of those that are
 * answered only. The newest has place 1, so that it is always among them.
 */
const LOOKS = statement(
  'looks',
  `with numbered as (
     select id, from_count <> to_count as changed,
            row_number() over (partition by from_count <> to_count order by at desc) - 1 as place,
            count(*) filter (where from_count <> to_count) over ()::float8 as changes,
            count(*) filter (where from_count = to_count) over ()::float8 as quiet
       from decision where pool = $1 and at >= ${instant('$2')} and at < ${instant('$3')}
   ), few as (
     select id, changed, place, ceil(changes / floor($4::float8 * ${CHANGES_SHARE}))::bigint as every_change,
            ceil(quiet / ($4::float8 - least(changes, floor($4::float8 * ${CHANGES_SHARE}))))::bigint as every_quiet
       from numbered
   )
   select d.id, d.at, d.from_count, d.to_count, d.outcome, d.facts->'measurement' as measurement, d.facts->'forecast' as forecast,
          d.facts->'bounds' as bounds, d.facts->'steps'->-1->>'why' as reason
     from few join decision d on d.id = few.id
    where place % greatest(case when changed then every_change else every_quiet end, 1) = 0
    order by d.at`,
)
const FORGET = statement('forget', `delete from decision where at < ${instant('$1')}`)
/** `date_bin` needs a fixed beginning, which one does not matter. */
const THIN = statement(
  'thin',
  `delete from decision where id in (
     select id from (
       select id, row_number() over (partition by pool, date_bin('10 minutes', at, timestamptz 'epoch') order by at) as place
         from decision where at < ${instant('$1')} and from_count = to_count and outcome = 'none'
     ) looks where place > 1
   )`,
)

const toDecision = (row: DecisionRow): KeptDecision => ({
  ...row.facts,
  forecast: row.facts.forecast,
  override: row.facts.override,
  id: row.id,
  pool: row.pool,
  at: row.at.getTime(),
  from: row.from_count,
  to: row.to_count,
  outcome: row.outcome,
  outcomeWhy: row.outcome_why,
  term: Number(row.term),
})

type LookRow = Pick<DecisionRow, 'id' | 'at' | 'from_count' | 'to_count' | 'outcome'> &
  Pick<Facts, 'measurement' | 'bounds'> & {
    readonly forecast: Facts['forecast'] | null
    readonly reason: string | null
  }

const toLook = ({ id, at, from_count, to_count, outcome, measurement, forecast, bounds, reason }: LookRow): Look => ({
  ...{ id, at: at.getTime(), from: from_count, to: to_count, outcome, measurement, bounds, reason },
  forecast: forecast ?? undefined,
})

const factsOf = (decision: Omit<KeptDecision, 'id'>): Facts => {
  const { pool: _p, at: _a, from: _f, to: _t, outcome: _o, outcomeWhy: _w, term: _n, ...facts } = decision
  return facts
}

/**
 * Decisions in PostgreSQL.
 * @param lease the name of the lease that whoever writes one must hold
 */
export const createDecisionStore = (db: Queryable, lease: string): DecisionStore => ({
  async begin(decision) {
    const { term, pool, at, from, to, outcome, outcomeWhy } = decision
    const facts = JSON.stringify(factsOf(decision))
    const values = [lease, term, pool, at, from, to, outcome, outcomeWhy, facts]
    const { rows } = await db.query<{ id: string }>(BEGIN, values)
    return rows[0] ? { kind: 'begun', id: rows[0].id } : { kind: 'deposed' }
  },
  async settle(id, outcome, why) {
    await db.query(SETTLE, [id, outcome, why])
  },
  async unsettled() {
    return (await db.query<DecisionRow>(UNSETTLED, [])).rows.map(toDecision)
  },
  async list({ pool, before = null, since = null, changesOnly = false, limit }) {
    const { rows } = await db.query<DecisionRow>(changesOnly ? LIST_CHANGES : LIST, [pool, before, since, limit])
    return rows.map(toDecision)
  },
  async at(pool, at) {
    const row = (await db.query<DecisionRow>(AT, [pool, at])).rows[0]
    return row && toDecision(row)
  },
  async looks({ pool, since, until, limit }) {
    return (await db.query<LookRow>(LOOKS, [pool, since, until, limit])).rows.map(toLook)
  },
  async forget(before) {
    return (await db.query(FORGET, [before])).rowCount ?? 0
  },
  async thin(before) {
    return (await db.query(THIN, [before])).rowCount ?? 0
  },
})
