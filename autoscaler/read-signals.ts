import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from '../infra/domain/pools.ts'
import { LANES } from '../infra/domain/task.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DemandSource, DemandStore } from '../infra/ports/demand-store.ts'
import type { Dispatcher, PoolLoad } from '../infra/ports/dispatcher.ts'
import type { Fleet, FleetView } from '../infra/ports/fleet.ts'
import type { JobQueue } from '../infra/ports/job-queue.ts'
import type { OpenJobs, OpenWork } from '../infra/ports/open-work.ts'

/** Where the signals of the moment come from. */
export interface SignalDeps {
  readonly work: OpenWork
  readonly demand: Pick<DemandStore, 'minutes' | 'sources'>
  readonly queue: Pick<JobQueue, 'depth' | 'connectedMs'>
  readonly dispatcher: Pick<Dispatcher, 'load'>
  readonly fleet: Pick<Fleet, 'view'>
  /** nodes of a pool that people keep from work; absent where a count is no node */
  readonly readDrained?: ((pool: string) => Promise<number>) | undefined
  readonly clock: Clock
}

/** Something that was read, and when by the monotonic clock. */
export interface Read<T> {
  readonly value: T
  readonly readAt: number
}

/** What the broker tells of a pool. */
export interface Depths {
  readonly readyCount: number
  readonly workerCount: number
}

/** What one look could read; undefined = it failed, or took too long. */
export interface Reads {
  readonly work: Read<OpenJobs> | undefined
  readonly sources: Read<readonly DemandSource[]> | undefined
  readonly depths: Read<Depths> | undefined
  readonly load: Read<PoolLoad> | undefined
  readonly view: Read<FleetView> | undefined
  readonly drained: Read<number> | undefined
  readonly fleetError: unknown
}

/** A broker that has just come back has not everything in its queues yet, nor all its consumers. */
const BROKER_SETTLED_MS = 60_000

/** @throws Error when it takes longer */
export const inTime = async <T>(read: () => Promise<T>, timeoutMs: number): Promise<T> => {
  const over = new AbortController()
  const late = pause(timeoutMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`)
  })
  late.catch(() => {})
  try {
    return await Promise.race([read(), late])
  } finally {
    over.abort()
  }
}

/** @throws UnavailableError, Error while the broker has just come back */
const readDepths = async (queue: SignalDeps['queue'], pool: string): Promise<Depths> => {
  if ((queue.connectedMs() ?? 0) < BROKER_SETTLED_MS) throw new Error('the broker has just come back')
  const lanes = await Promise.all(LANES.map(async (lane) => ({ lane, ...(await queue.depth(pool, lane)) })))
  return {
    readyCount: lanes.reduce((sum, { readyCount }) => sum + readyCount, 0),
    // Every worker consumes both lanes.
    workerCount: lanes.find(({ lane }) => lane === 'interactive')?.consumerCount ?? 0,
  }
}

/** Reads everything at once, each within its own time. */
export const createReadSignals = (
  { work, demand, queue, dispatcher, fleet, readDrained, clock }: SignalDeps,
  timeoutMs: number,
): ((pool: Pool) => Promise<Reads>) => {
  const timed = async <T>(read: () => Promise<T>): Promise<Read<T>> => ({
    value: await inTime(read, timeoutMs),
    readAt: clock.monotonic(),
  })
  const seen = <T>(read: () => Promise<T>) => timed(read).catch(() => undefined)

  const known = new Map<string, Read<number>>()
  /** What was read last while it cannot be read: a node that is drained is not at work because nobody knows. */
  const drainedOf = async (pool: string): Promise<Read<number> | undefined> => {
    const read = readDrained && (await seen(() => readDrained(pool)))
    if (read) known.set(pool, read)
    return read ?? known.get(pool)
  }

  return async ({ name, tasks }) => {
    let fleetError: unknown
    const [open, sources, depths, load, drained, view] = await Promise.all([
      seen(() => work.count(tasks)),
      seen(() => demand.sources()),
      seen(() => readDepths(queue, name)),
      seen(() => dispatcher.load(name)),
      drainedOf(name),
      timed(() => fleet.view(name)).catch((error: unknown) => {
        fleetError = error
        return undefined
      }),
    ])
    return { work: open, sources, depths, load, view, drained, fleetError }
  }
}
