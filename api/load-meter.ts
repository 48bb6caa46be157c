import { isFinal } from '../infra/domain/job.ts'
import type { Completion } from '../infra/domain/message.ts'
import type { Lane } from '../infra/domain/task.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { JobQueue } from '../infra/ports/job-queue.ts'
import type { Load } from './admission.ts'

/** A rate is believed only when work was in hand all this time: otherwise it tells the demand, not what a pool can do. */
const WINDOW_SECONDS = 5
/** Asking the broker costs it something: once a second is often enough for a queue that holds seconds of work. */
const DEPTH_AGE_MS = 1000
/** Below this many jobs in hand a rate is mostly chance. */
const MIN_IN_HAND_COUNT = 50

interface Pool {
  inHandCount: number
  /** monotonic ms; undefined while nothing is in hand */
  busySince: number | undefined
  /** jobs finished in each of the last seconds, by second modulo the length; the second tells a stale slot */
  readonly slots: { second: number; finishedCount: number }[]
}

const newPool = (): Pool => ({
  inHandCount: 0,
  busySince: undefined,
  slots: Array.from({ length: WINDOW_SECONDS + 1 }, () => ({ second: -1, finishedCount: 0 })),
})

/** What this process can tell of each pool's load, from its own jobs and the broker's counts. */
export interface LoadMeter {
  /** a job was inserted whose completion this process will be told of */
  submitted(jobId: string, pool: string): void
  completed(completion: Completion): void
  load(pool: string, lane: Lane): Load
}

/** The last count of ready messages the broker told of a lane, asked anew in the background when it is old. */
const createDepths = (queue: Pick<JobQueue, 'depth'>, clock: Clock) => {
  const depths = new Map<string, { readyCount: number; askedAt: number }>()
  return (pool: string, lane: Lane): number => {
    const key = `${pool}.${lane}`
    const depth = depths.get(key) ?? { readyCount: 0, askedAt: Number.NEGATIVE_INFINITY }
    depths.set(key, depth)
    if (clock.monotonic() - depth.askedAt < DEPTH_AGE_MS) return depth.readyCount
    depth.askedAt = clock.monotonic()
    const keep = (readyCount: number): void => {
      depth.readyCount = readyCount
    }
    // Nobody waits for the broker here: the count serves the next question, and without one nobody is turned away.
    queue.depth(pool, lane).then(
      ({ readyCount }) => keep(readyCount),
      () => keep(0),
    )
    return depth.readyCount
  }
}

const rateOf = ({ inHandCount, busySince, slots }: Pool, now: number): number | undefined => {
  const busy = busySince !== undefined && now - busySince >= (WINDOW_SECONDS + 1) * 1000
  if (!busy || inHandCount < MIN_IN_HAND_COUNT) return undefined
  const second = Math.floor(now / 1000)
  const whole = slots.filter((slot) => slot.second < second && slot.second >= second - WINDOW_SECONDS)
  return whole.reduce((sum, { finishedCount }) => sum + finishedCount, 0) / WINDOW_SECONDS
}

/** @param forgetAfterMs a job whose completion never came is no longer counted after this long */
export const createLoadMeter = (queue: Pick<JobQueue, 'depth'>, clock: Clock, forgetAfterMs: number): LoadMeter => {
  const pools = new Map<string, Pool>()
  const jobs = new Map<string, { readonly pool: Pool; readonly since: number }>()
  const depthOf = createDepths(queue, clock)

  const poolNamed = (name: string): Pool => {
    const pool = pools.get(name) ?? newPool()
    pools.set(name, pool)
    return pool
  }

  const remove = (jobId: string): Pool | undefined => {
    const pool = jobs.get(jobId)?.pool
    if (!pool) return undefined
    jobs.delete(jobId)
    pool.inHandCount -= 1
    if (pool.inHandCount === 0) pool.busySince = undefined
    return pool
  }

  const forgetLost = (now: number): void => {
    for (const [jobId, { since }] of jobs) {
      if (now - since < forgetAfterMs) return
      remove(jobId)
    }
  }

  return {
    submitted(jobId, name) {
      const now = clock.monotonic()
      forgetLost(now)
      const pool = poolNamed(name)
      pool.inHandCount += 1
      pool.busySince ??= now
      jobs.set(jobId, { pool, since: now })
    },
    completed({ id, state }) {
      const pool = isFinal(state) ? remove(id) : undefined
      if (!pool || (state !== 'succeeded' && state !== 'failed')) return
      const second = Math.floor(clock.monotonic() / 1000)
      const slot = pool.slots[second % pool.slots.length]
      if (!slot) return
      if (slot.second !== second) Object.assign(slot, { second, finishedCount: 0 })
      slot.finishedCount += 1
    },
    load(name, lane) {
      const depthCount = depthOf(name, lane)
      // Nobody waits for a bulk job, so nobody here is told when it ends.
      if (lane === 'bulk') return { depthCount, inHandCount: 0, ratePerSecond: undefined }
      const pool = poolNamed(name)
      return { depthCount, inHandCount: pool.inHandCount, ratePerSecond: rateOf(pool, clock.monotonic()) }
    },
  }
}
