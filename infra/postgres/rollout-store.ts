import type { Rollout } from '../domain/rollout.ts'
import { type Arm, type ArmCounts, addCounts, noCounts } from '../domain/rollout-counts.ts'
import type { RolloutStore, RolloutTally, RolloutWorkerState } from '../ports/rollout-store.ts'
import * as sql from './rollout-sql.ts'
import type { Queryable, Statement } from './statement.ts'

interface RolloutRow {
  readonly id: string
  readonly task: Rollout['task']
  readonly role: string
  readonly model: string | null
  readonly thresholds: Rollout['candidate']['thresholds']
  readonly mode: Rollout['mode']
  readonly share: number
  readonly tenants: readonly string[]
  readonly limits: Rollout['limits']
  readonly state: Rollout['state']
  readonly reason: string
  readonly started_by: string
  readonly started_at: Date
  readonly changed_at: Date | null
  readonly changed_by: string | null
  readonly change_reason: string | null
}

interface CountRow {
  readonly arm: Arm
  readonly jobs: number
  readonly errors: number
  readonly positives: number
  readonly scored: number
  readonly score_sum: number
  readonly compared: number
  readonly flips: number
  readonly shifted: number
  readonly shift_sum: number
  readonly shift_abs_sum: number
  readonly dropped: number
  readonly latency: readonly number[]
}

interface WorkerRow {
  readonly worker: string
  readonly state: RolloutWorkerState
  readonly lost_count: number
  readonly error: string | null
  readonly seen_at: Date
}

const ID = /^\d{1,18}$/

const toRollout = ({ role, model, thresholds, ...row }: RolloutRow): Rollout => ({
  id: row.id,
  task: row.task,
  candidate: { role, model, thresholds },
  mode: row.mode,
  share: row.share,
  tenants: row.tenants,
  limits: row.limits,
  state: row.state,
  startedAt: row.started_at.getTime(),
  startedBy: row.started_by,
  reason: row.reason,
  changedAt: row.changed_at?.getTime() ?? null,
  changedBy: row.changed_by,
  changeReason: row.change_reason,
})

const toCounts = ({ arm: _, score_sum, shift_sum, shift_abs_sum, ...row }: CountRow): ArmCounts => ({
  ...row,
  scoreSum: score_sum,
  shiftSum: shift_sum,
  shiftAbsSum: shift_abs_sum,
})

const toRecord = ({ rolloutId, arm, counts }: RolloutTally) => {
  const { scoreSum, shiftSum, shiftAbsSum, ...rest } = counts
  return { rollout_id: rolloutId, arm, ...rest, score_sum: scoreSum, shift_sum: shiftSum, shift_abs_sum: shiftAbsSum }
}

/** One statement must not add to the same row twice. */
const together = (tallies: readonly RolloutTally[]): readonly RolloutTally[] => {
  const sums = new Map<string, RolloutTally>()
  for (const tally of tallies) {
    const key = `${tally.rolloutId}/${tally.arm}`
    const before = sums.get(key)
    sums.set(key, before ? { ...tally, counts: addCounts(before.counts, tally.counts) } : tally)
  }
  return [...sums.values()]
}

type Workers = Pick<RolloutStore, 'enter' | 'tell' | 'workers' | 'add' | 'counts' | 'forgetMinutes'>

const forWorkers = (db: Queryable): Workers => ({
  async enter(rolloutId, worker) {
    return (await db.query<WorkerRow>(sql.ENTER, [rolloutId, worker])).rows[0]?.lost_count ?? 0
  },
  async tell(rolloutId, worker, state, error) {
    await db.query(sql.TELL, [rolloutId, worker, state, error])
  },
  async workers(rolloutId) {
    const { rows } = await db.query<WorkerRow>(sql.WORKERS, [rolloutId])
    return rows.map(({ worker, state, lost_count: lostCount, error, seen_at: seenAt }) => {
      return { worker, state, lostCount, error, seenAt: seenAt.getTime() }
    })
  },
  async add(tallies) {
    if (tallies.length > 0) await db.query(sql.ADD, [JSON.stringify(together(tallies).map(toRecord))])
  },
  async counts(rolloutId, lookbackMs) {
    const { rows } = await db.query<CountRow>(sql.COUNTS, [rolloutId, lookbackMs ?? null])
    const sumOf = (arm: Arm) =>
      rows.filter((row) => row.arm === arm).reduce((sum, row) => addCounts(sum, toCounts(row)), noCounts())
    return { base: sumOf('base'), candidate: sumOf('candidate') }
  },
  async forgetMinutes(olderThanMs) {
    await db.query(sql.FORGET_MINUTES, [olderThanMs])
  },
})

/** Rollouts in PostgreSQL. They are the installation's, no tenant's: `db` is the system's own. */
export const createRolloutStore = (db: Queryable): RolloutStore => {
  const ask = async (question: Statement, values: readonly unknown[]): Promise<readonly Rollout[]> =>
    (await db.query<RolloutRow>(question, values)).rows.map(toRollout)
  const start: RolloutStore['start'] = async (wanted) => {
    const { task, candidate, mode, share, tenants, limits, reason, startedBy } = wanted
    const what = [task, candidate.role, candidate.model, JSON.stringify(candidate.thresholds), mode, share]
    const [rollout] = await ask(sql.START, [...what, tenants, JSON.stringify(limits), reason, startedBy])
    if (rollout) return { kind: 'started', rollout }
    const { rows } = await db.query<{ id: string }>(sql.BUSY, [task])
    // It ended in this very moment: the place is free now.
    return rows[0] ? { kind: 'busy', id: rows[0].id } : start(wanted)
  }
  return {
    start,
    async find(id) {
      return ID.test(id) ? (await ask(sql.FIND, [id]))[0] : undefined
    },
    list: (limit) => ask(sql.LIST, [limit]),
    inForce: () => ask(sql.IN_FORCE, []),
    async change(id, { from, to, by, reason }) {
      return ID.test(id) ? (await ask(sql.CHANGE, [id, from, to, by, reason]))[0] : undefined
    },
    ...forWorkers(db),
  }
}
