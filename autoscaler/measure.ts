import type { Pool } from '../infra/domain/pools.ts'
import type { Measurement, Signal } from '../infra/domain/scaling.ts'
import type { PoolLoad } from '../infra/ports/dispatcher.ts'
import type { FleetView } from '../infra/ports/fleet.ts'
import { sourcesOf, toldUntil } from './demand-sources.ts'
import { createPresentRate, RATE_LOOK_BACK_MS } from './present-rate.ts'
import { createReadSignals, inTime, type Read, type Reads, type SignalDeps } from './read-signals.ts'
import { type Configured, createSlowFacts, type SlowFactsDeps } from './slow-facts.ts'

/** Where everything that is measured comes from. */
export type MeasureDeps = SignalDeps & SlowFactsDeps

export interface MeasureConfig extends Configured {
  readonly pools: readonly Pool[]
  /** one read may take this long; 2 s unless told */
  readonly readTimeoutMs?: number
}

/** One look at a pool. */
export interface Look {
  readonly measurement: Measurement
  /** of the same look: a change of the count names its version. undefined = the fleet did not answer */
  readonly view: FleetView | undefined
  /** why it did not, for people and for telling what no retry mends */
  readonly fleetError: unknown
}

/** Reads all signals of a pool, at once and each within its own time. Never throws: what cannot be read is unknown. */
export type Measure = (pool: string) => Promise<Look>

const READ_TIMEOUT_MS = 2_000
const MINUTE_MS = 60_000
/** Workers that have at least this share of what they can hold, while more waits, do as much as they can. */
const BUSY_RATIO = 0.9

/** Checks a second that a node does: known only while all are at work as hard as they can, and none comes or goes. */
const livePerNode = (load: PoolLoad | undefined, view: FleetView | undefined, drained: number): number | undefined => {
  if (!load || !view) return undefined
  const { desiredCount, placedCount, runningCount } = view
  const settled = runningCount > 0 && placedCount === runningCount && desiredCount === runningCount
  const busy = load.heldCount > 0 && load.dispatchedCount >= BUSY_RATIO * load.windowCount && load.ratePerSecond > 0
  return settled && busy && runningCount > drained ? load.ratePerSecond / (runningCount - drained) : undefined
}

type SignalOf = (value: number, read: Read<unknown>) => Signal

/**
 * AMQP tells how many messages are ready, not how many are unacked: what workers have in hand are the rows under a lease that
 * still holds, so their workers live. Messages whose turn has not come are with the dispatcher; without it the rows say
 * what waits.
 */
const jobSignals = ({ work, depths, load }: Reads, signal: SignalOf) => {
  const ready = depths && load && signal(depths.value.readyCount + load.value.heldCount, depths)
  const queued = depths && work && signal(work.value.queuedCount, work)
  return {
    waiting: ready ?? queued,
    oldestMs: work && signal(work.value.oldestQueuedMs ?? 0, work),
    inHand: work && signal(work.value.runningCount, work),
    unfinished: work && signal(work.value.queuedCount + work.value.runningCount, work),
    readyWorkers: depths && signal(depths.value.workerCount, depths),
  }
}

const fleetSignals = ({ view, drained }: Reads, signal: SignalOf) => ({
  ...(drained && { drained: signal(drained.value, drained) }),
  asked: view && signal(view.value.desiredCount, view),
  placed: view && signal(view.value.placedCount, view),
  running: view && signal(view.value.runningCount, view),
})

const workersPerNode = ({ depths, view }: Reads): number => {
  const nodes = view?.value.runningCount ?? 0
  return depths && nodes > 0 ? Math.max(1, Math.round(depths.value.workerCount / nodes)) : 1
}

export const createMeasure = (deps: MeasureDeps, config: MeasureConfig): Measure => {
  const { demand, clock } = deps
  const timeoutMs = config.readTimeoutMs ?? READ_TIMEOUT_MS
  const within = <T>(read: () => Promise<T>) => inTime(read, timeoutMs).catch(() => undefined)
  const readSignals = createReadSignals(deps, timeoutMs)
  const slowFacts = createSlowFacts(deps, config, within)
  const signal: SignalOf = (value, { readAt }) => ({ value, ageMs: Math.round(clock.monotonic() - readAt) })

  const rates = new Map(config.pools.map(({ name }) => [name, createPresentRate()]))
  const rateOf = async (pool: string, told: number): Promise<{ rate: number; until: number } | undefined> => {
    const from = told - RATE_LOOK_BACK_MS
    const minutes = await within(() => demand.minutes(pool, from - (from % MINUTE_MS), told + MINUTE_MS))
    return minutes && rates.get(pool)?.(minutes, told)
  }

  return async (name) => {
    const pool = config.pools.find((one) => one.name === name) ?? { name, tasks: [] }
    const reads = await readSignals(pool)
    const { work, sources, load, view, fleetError } = reads
    // By the database's clock; where it does not answer by ours, and then nothing is known anyway.
    const databaseNow = () => (work ? work.value.at + clock.monotonic() - work.readAt : clock.now())
    const told = sources && toldUntil(sources.value, databaseNow())
    const [demanded, facts] = await Promise.all([
      told === undefined ? undefined : rateOf(name, told),
      slowFacts(pool, workersPerNode(reads), databaseNow()),
    ])
    const at = Math.round(databaseNow())
    const measurement: Measurement = {
      pool: name,
      at,
      rate: demanded && { value: demanded.rate, ageMs: at - demanded.until },
      sources: sources && sourcesOf(sources.value, clock.now() - databaseNow()),
      ...jobSignals(reads, signal),
      ...fleetSignals(reads, signal),
      ...facts,
      livePerNode: livePerNode(load?.value, view?.value, reads.drained?.value ?? 0),
    }
    return { measurement, view: view?.value, fleetError }
  }
}
