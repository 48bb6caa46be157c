import { UnavailableError } from '../infra/domain/errors.ts'
import { isFinal, type Job } from '../infra/domain/job.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { JobStore } from '../infra/ports/job-store.ts'
import type { ResultCache } from '../infra/ports/result-cache.ts'
import type { Waiter, WakeUp } from './completions.ts'

/** A lost wake-up costs a caller at most this long: the row is looked at that often. */
export const POLL_MS = 500

/** `final`: the job is over. `open`: time is up, the caller has gone, or this process drains; the job as last seen. */
export interface Awaited {
  readonly kind: 'final' | 'open'
  readonly job: Job
}

/** A wait for one job. */
export interface AwaitRequest {
  /** as inserted or found; need not be final */
  readonly job: Job
  /** registered before the job was published; left when the wait is over */
  readonly waiter: Waiter
  readonly waitMs: number
  /** aborts when the caller has gone */
  readonly signal: AbortSignal
}

/**
 * Wait for a job to end. The completion is only a wake-up: the answer comes from the cache or the row, and the row is
 * polled beside it, so a completion that never arrives delays the answer and loses nothing.
 */
export type AwaitJob = (request: AwaitRequest) => Promise<Awaited>

type Tick = WakeUp | 'poll' | 'gone'

const nextTick = (waiter: Waiter, ms: number, signal: AbortSignal): Promise<Tick> => {
  const { promise, resolve } = Promise.withResolvers<Tick>()
  const gone = (): void => resolve('gone')
  const timer = setTimeout(resolve, ms, 'poll')
  signal.addEventListener('abort', gone, { once: true })
  waiter.next(resolve)
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', gone)
  })
}

/**
 * A job that was given up can be opened again, and the cache may still hold how it had ended: what a later attempt says
 * is newer, and so is what the attempt under way says. Anything else is asked of the row.
 */
const isNewer = (cached: Job, { state, attempt }: Job): boolean =>
  cached.attempt > attempt || (cached.attempt === attempt && state !== 'queued')

/** @param deps.cache asked first after a wake-up: the worker filled it just before */
export const createAwaitJob = ({
  jobs,
  cache,
  clock,
}: {
  readonly jobs: Pick<JobStore, 'find'>
  readonly cache: Pick<ResultCache, 'get'>
  readonly clock: Clock
}): AwaitJob => {
  const look = async ({ tenant, id }: Job): Promise<Job | undefined> => {
    try {
      return await jobs.find(tenant, id)
    } catch (error) {
      // The row is committed; a database that is away for a moment only makes the caller wait a little longer.
      if (error instanceof UnavailableError) return undefined
      throw error
    }
  }

  return async ({ job, waiter, waitMs, signal }) => {
    const until = clock.monotonic() + waitMs
    let seen = job
    try {
      while (!isFinal(seen.state) && !signal.aborted) {
        const leftMs = until - clock.monotonic()
        if (leftMs <= 0) break
        const tick = await nextTick(waiter, Math.min(leftMs, POLL_MS), signal)
        if (tick === 'gone' || tick === 'released') break
        const cached = tick === 'completed' ? await cache.get(job.tenant, job.id) : undefined
        seen = (cached && isNewer(cached, seen) ? cached : await look(job)) ?? seen
      }
      return { kind: isFinal(seen.state) ? 'final' : 'open', job: seen }
    } finally {
      waiter.leave()
    }
  }
}
