import type { ScheduleWindow } from '../../infra/domain/scaling.ts'
import type { Trigger } from '../../infra/domain/trigger.ts'
import { musterPolicy } from './muster-policy.ts'
import { oracleNodeHours } from './oracle.ts'
import { peakPolicy, reactivePolicy, regressionPolicy, targetValuePolicy } from './policies.ts'
import { type Replay, type ReplaySettings, replay } from './replay.ts'
import { arrivalsOf, scaleTo, TRACE_STEP_SECONDS, type Trace } from './trace.ts'
import { recordedTriggers, replayTriggers, type TriggerTally } from './trigger-replay.ts'
import type { TriggerTrace } from './trigger-trace.ts'

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
  /** custom triggers, and what their queries said */
  readonly triggers?: { readonly list: readonly Trigger[]; readonly trace: TriggerTrace } | undefined
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
  /** how the counts of Muster without its triggers, and with them, stood to what these wanted */
  readonly triggers: { readonly without: TriggerTally; readonly with: TriggerTally } | undefined
}

const STEPS_PER_DAY = 86_400 / TRACE_STEP_SECONDS
/** A trace of a few days is not all spent on learning. */
const MAX_WARM_UP_SHARE = 1 / 3

/** Muster without triggers, and with them where there are some. */
const replayMuster = (
  arrivals: Float64Array,
  startAt: number,
  settings: ReplaySettings,
  { windows = [], triggers: given }: SimulateOptions,
) => {
  const calendar = { startAt, windows }
  if (!given)
    return { plain: replay(arrivals, musterPolicy(settings, calendar), settings), heard: undefined, tallies: undefined }
  const until = startAt + arrivals.length * TRACE_STEP_SECONDS * 1_000
  const recorded = recordedTriggers(given.list, given.trace, { from: startAt, until })
  const [deaf, hearing] = [replayTriggers(recorded, false), replayTriggers(recorded, true)]
  const plain = replay(arrivals, musterPolicy(settings, calendar, deaf), settings)
  const policy = { ...musterPolicy(settings, calendar, hearing), name: 'muster + triggers' }
  const heard = replay(arrivals, policy, settings)
  return { plain, heard, tallies: { without: deaf.tally(), with: hearing.tally() } }
}

/** Replay one trace through Muster's policy and those it is measured against: the same requests for all, the same rules. */
export const simulate = (name: string, given: Trace, options: SimulateOptions): Simulation => {
  const trace = options.p995 === undefined ? given : scaleTo(given, options.p995)
  const arrivals = arrivalsOf(trace)
  const days = arrivals.length / STEPS_PER_DAY
  const warmUpDays = Math.min(options.warmUpDays, days * MAX_WARM_UP_SHARE)
  const settings: ReplaySettings = { ...options, warmUpSteps: Math.floor(warmUpDays * STEPS_PER_DAY) }
  const oracle = oracleNodeHours(arrivals, settings)
  const { plain, heard, tallies } = replayMuster(arrivals, given.startAt, settings, options)
  const others = [reactivePolicy(settings), targetValuePolicy(settings), regressionPolicy(settings)]
  const replays = [
    plain,
    ...(heard ? [heard] : []),
    ...[...others, peakPolicy(arrivals, settings)].map((one) => replay(arrivals, one, settings)),
  ]
  const muster = heard ?? plain
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
  return {
    trace: name,
    days,
    warmUpDays,
    oracleNodeHours: oracle,
    standings,
    arrivals,
    startAt: given.startAt,
    muster,
    triggers: tallies,
  }
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
