import { lateShare } from '../forecast/shadow-fleets.ts'
import { TRACE_STEP_SECONDS } from './trace.ts'

/** What a policy is shown at a control step. Nothing of it lies in the future. */
export interface FleetView {
  /** steps of 15 s since the beginning */
  readonly step: number
  /** requests waiting (count) */
  readonly backlog: number
  /** nodes that work, and all that are paid for (count) */
  readonly readyCount: number
  readonly count: number
  /** requests of an earlier step (count) */
  readonly requests: (step: number) => number
}

/** Something that decides how many nodes there should be. */
export interface ScalingPolicy {
  readonly name: string
  /** steps of 15 s between two decisions */
  readonly everySteps: number
  desired(view: FleetView): number
}

/** Capacity in requests a second of one node, boot in seconds. */
export interface ReplaySettings {
  readonly capacity: number
  readonly bootSeconds: number
  readonly minCount: number
  readonly maxCount: number
  /** steps before anything is counted: what a policy needs to learn */
  readonly warmUpSteps: number
}

/** What came of a policy. */
export interface Replay {
  readonly policy: string
  readonly nodeHours: number
  readonly requestCount: number
  readonly lateCount: number
  readonly p99DelaySeconds: number
  readonly actionsPerDay: number
  /** late requests of the worst hour (count), and the step it began at */
  readonly worstHour: { readonly lateCount: number; readonly step: number }
  /** count asked for at every step, for the decisions file and the plot */
  readonly desired: Int32Array
  readonly late: Float64Array
}

const STEPS_PER_HOUR = 3600 / TRACE_STEP_SECONDS
const STEPS_PER_DAY = 24 * STEPS_PER_HOUR

interface Fleet {
  ready: number
  /** steps at which the nodes that boot will be ready, oldest first */
  readonly booting: number[]
  backlog: number
}

const resize = (fleet: Fleet, count: number, readyAt: number): void => {
  while (fleet.ready + fleet.booting.length < count) fleet.booting.push(readyAt)
  while (fleet.ready + fleet.booting.length > count) if (fleet.booting.pop() === undefined) fleet.ready -= 1
}

/**
 * Replay arrivals through one policy: one queue, first come first served, a fluid; a node costs from its launch, works
 * after its boot, and is gone at once when it is dismissed.
 */
export const replay = (arrivals: Float64Array, policy: ScalingPolicy, settings: ReplaySettings): Replay => {
  const { capacity, bootSeconds, minCount, maxCount, warmUpSteps } = settings
  const bootSteps = Math.ceil(bootSeconds / TRACE_STEP_SECONDS)
  const first = Math.ceil((arrivals[0] ?? 0) / TRACE_STEP_SECONDS / capacity)
  const fleet: Fleet = { ready: Math.max(minCount, first), booting: [], backlog: 0 }
  const [desired, late] = [new Int32Array(arrivals.length), new Float64Array(arrivals.length)]
  const delays: { seconds: number; requests: number }[] = []
  const account = { nodeSteps: 0, requests: 0, actions: 0 }
  for (let step = 0; step < arrivals.length; step += 1) {
    while ((fleet.booting[0] ?? Number.POSITIVE_INFINITY) <= step) {
      fleet.booting.shift()
      fleet.ready += 1
    }
    const count = fleet.ready + fleet.booting.length
    if (step % policy.everySteps === 0) {
      const requests = (index: number) => arrivals[index] ?? 0
      const wanted = policy.desired({ step, backlog: fleet.backlog, readyCount: fleet.ready, count, requests })
      const bounded = Math.min(maxCount, Math.max(minCount, Math.round(wanted)))
      if (bounded !== count && step >= warmUpSteps) account.actions += 1
      resize(fleet, bounded, step + bootSteps)
    }
    desired[step] = fleet.ready + fleet.booting.length
    const [arrived, rate, before] = [arrivals[step] as number, fleet.ready * capacity, fleet.backlog]
    fleet.backlog = Math.max(0, before + arrived - rate * TRACE_STEP_SECONDS)
    if (step < warmUpSteps) continue
    late[step] = arrived * lateShare(before / rate, fleet.backlog / rate)
    if (arrived > 0) delays.push({ seconds: (before + fleet.backlog) / 2 / rate, requests: arrived })
    account.nodeSteps += desired[step] as number
    account.requests += arrived
  }
  return {
    policy: policy.name,
    nodeHours: (account.nodeSteps * TRACE_STEP_SECONDS) / 3600,
    requestCount: account.requests,
    lateCount: late.reduce((sum, one) => sum + one, 0),
    p99DelaySeconds: percentile(delays, account.requests, 0.99),
    actionsPerDay: (account.actions * STEPS_PER_DAY) / Math.max(1, arrivals.length - warmUpSteps),
    worstHour: worstHourOf(late, warmUpSteps),
    desired,
    late,
  }
}

const percentile = (delays: { seconds: number; requests: number }[], total: number, share: number): number => {
  delays.sort((a, b) => b.seconds - a.seconds)
  let left = total * (1 - share)
  for (const { seconds, requests } of delays) {
    left -= requests
    if (left <= 0) return seconds
  }
  return 0
}

const worstHourOf = (late: Float64Array, from: number): Replay['worstHour'] => {
  let worst = { lateCount: 0, step: from }
  for (let step = from; step < late.length; step += STEPS_PER_HOUR) {
    const lateCount = late.subarray(step, step + STEPS_PER_HOUR).reduce((sum, one) => sum + one, 0)
    if (lateCount > worst.lateCount) worst = { lateCount, step }
  }
  return worst
}
