import type { Plan } from '../domain/scaling.ts'
import type { PlanStore } from '../ports/plan-store.ts'
import type { Queryable, Statement } from './statement.ts'

type Facts = Omit<Plan, 'pool' | 'at'>

/** An older plan never takes the place of a newer one: for a moment two may plan. */
const PUT: Statement = {
  name: 'plan.put',
  text: `insert into plan (pool, at, facts) values ($1, to_timestamp($2::float8 / 1000), $3::jsonb)
             on conflict (pool) do update set at = excluded.at, facts = excluded.facts where plan.at <= excluded.at`,
}
const LATEST: Statement = { name: 'plan.latest', text: 'select at, facts from plan where pool = $1' }

/** Plans in PostgreSQL. */
export const createPlanStore = (db: Queryable): PlanStore => ({
  async put({ pool, at, ...facts }) {
    await db.query(PUT, [pool, at, JSON.stringify(facts)])
  },
  async latest(pool) {
    const row = (await db.query<{ at: Date; facts: Facts }>(LATEST, [pool])).rows[0]
    return row && { ...row.facts, pool, at: row.at.getTime() }
  },
})
