import type { ScheduleWindow } from '../../infra/domain/scaling.ts'
import { musterPolicy } from './muster-policy.ts'
import { oracleNodeHours } from './oracle.ts'
import { peakPolicy, reactivePolicy, regressionPolicy, targetValuePolicy } from './policies.ts'
import { type Replay, type ReplaySettings, replay } from './replay.ts'
import { arrivalsOf, scaleTo, TRACE_STEP_SECONDS, type Trace } from './trace.ts'

/** What a person may choose for a simulation. */
export interface SimulateOptions {
  /** requests a second of one node */
  readonly capacity: number
  readonly bootSeconds: number
  readonly minCount: number
  readonly maxCount: number
  /** rescale the trace so that its 99.5th percentile is this many requests a second; undefined = as it is */
  readonly p995?: number | undefined
  /** days that are replayed and not counted; a third of the trace at most */
  readonly warmUpDays: number
  /** windows that Muster keeps to beside its forecast */
  readonly windows?: readonly ScheduleWindow[] | undefined
}

/** One policy on one trace. */
export interface Standing {
  readonly policy: string
  readonly nodeHours: number
  /** relative to somebody who knows the future */
  readonly costRatio: number
  /** of all requests, 0..100 */
  readonly latePercent: number
  readonly p99DelaySeconds: number
  readonly actionsPerDay: number
  readonly worstHour: { readonly at: string; readonly latePercent: number }
}

/** Everything that came of a simulation. */
export interface Simulation {
  readonly trace: string
  readonly days: number
  readonly warmUpDays: number
  readonly oracleNodeHours: number
  readonly standings: readonly Standing[]
  readonly arrivals: Float64Array
  readonly startAt: number
  /** Muster's own replay, for the decisions file and the plot */
  readonly muster: Replay
}

const STEPS_PER_DAY = 86_400 / TRACE_STEP_SECONDS
/** A trace of a few days is not all spent on learning. */
const MAX_WARM_UP_SHARE = 1 / 3

/** Replay one trace through Muster's policy and those it is measured against: the same requests for all, the same rules. */
export const simulate = (name: string, given: Trace, options: SimulateOptions): Simulation => {
  const trace = options.p995 === undefined ? given : scaleTo(given, options.p995)
  const arrivals = arrivalsOf(trace)
  const days = arrivals.length / STEPS_PER_DAY
  const warmUpDays = Math.min(options.warmUpDays, days * MAX_WARM_UP_SHARE)
  const settings: ReplaySettings = { ...options, warmUpSteps: Math.floor(warmUpDays * STEPS_PER_DAY) }
  const oracle = oracleNodeHours(arrivals, settings)
  const { windows = [] } = options
  const muster = replay(arrivals, musterPolicy(settings, { startAt: given.startAt, windows }), settings)
  const others = [reactivePolicy(settings), targetValuePolicy(settings), regressionPolicy(settings)]
  const replays = [muster, ...[...others, peakPolicy(arrivals, settings)].map((one) => replay(arrivals, one, settings))]
  const at = (step: number) => new Date(given.startAt + step * TRACE_STEP_SECONDS * 1000).toISOString()
  const percent = (count: number, of: number) => (of === 0 ? 0 : (100 * count) / of)
  const standings = replays.map((one) => ({
    policy: one.policy,
    nodeHours: one.nodeHours,
    costRatio: one.nodeHours / oracle,
    latePercent: percent(one.lateCount, one.requestCount),
    p99DelaySeconds: one.p99DelaySeconds,
    actionsPerDay: one.actionsPerDay,
    worstHour: { at: at(one.worstHour.step), latePercent: percent(one.worstHour.lateCount, one.requestCount) },
  }))
  return { trace: name, days, warmUpDays, oracleNodeHours: oracle, standings, arrivals, startAt: given.startAt, muster }
}

/** Muster's decisions as CSV, `timestamp,desired`, one line a control step. */
export const decisionsCsv = ({ muster, startAt }: Simulation): string => {
  const lines = ['timestamp,desired']
  for (let step = 0; step < muster.desired.length; step += CONTROL_STEPS)
    lines.push(`${new Date(startAt + step * TRACE_STEP_SECONDS * 1000).toISOString()},${muster.desired[step]}`)
  return `${lines.join('\n')}\n`
}

/** Muster decides every half minute. */
const CONTROL_STEPS = 2
