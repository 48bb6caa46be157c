import { hasWaited } from '../domain/answered.ts'
import { BOUNDED_COUNT, boundedBucketOf } from '../domain/duration-sum.ts'
import { isTaskHop, type Series, type TaskHop } from '../domain/pool-minute.ts'
import type { Clock } from '../ports/clock.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { MinutePart } from '../ports/minute-store.ts'

/** What a process counts, by pool, minute and series, until it has been told. */
export interface MinuteTally {
  /** the same metrics, and what they say of tasks counted here, too */
  tap(metrics: Metrics): Metrics
  /** time that is no duration of a job's: how long workers were there, or busy */
  spend(pool: string, series: Series, ms: number): void
  /** Takes what was counted of the oldest minutes, so many at most; it is whoever's who took it from now on. */
  take(minuteCount: number): readonly MinutePart[]
}

const MINUTE_MS = 60_000
/** While nobody can be told, so many minutes are kept: an outage of a night is worth less than memory. */
const KEEP_COUNT = 240
/** Codes are few; a mistake that made many must not fill the memory. */
const MOST_SERIES = 200

interface Growing {
  count: number
  total: number
  most: number
  readonly buckets: number[] | undefined
}

/** One minute: by pool, then series. */
type Minute = Map<string, Map<Series, Growing>>

/** The sums, without what brings them. @param stepMs a test has no minute to spare */
const createSums = (clock: Pick<Clock, 'now'>, stepMs: number) => {
  const minutes = new Map<number, Minute>()
  let [presentAt, present] = [Number.NaN, new Map() as Minute]

  const minuteOf = (): Minute => {
    const now = clock.now()
    const at = now - (now % stepMs)
    if (at === presentAt) return present
    present = minutes.get(at) ?? new Map()
    presentAt = at
    minutes.set(at, present)
    if (minutes.size > KEEP_COUNT) minutes.delete(Math.min(...minutes.keys()))
    return present
  }

  return {
    add(pool: string, series: Series, value: number, isDuration: boolean, by = 1): void {
      const minute = minuteOf()
      const sums = minute.get(pool) ?? new Map<Series, Growing>()
      if (sums.size === 0) minute.set(pool, sums)
      let sum = sums.get(series)
      if (!sum) {
        if (sums.size >= MOST_SERIES) return
        sum = { count: 0, total: 0, most: 0, buckets: isDuration ? new Array(BOUNDED_COUNT).fill(0) : undefined }
        sums.set(series, sum)
      }
      sum.count += by
      sum.total += value
      if (value > sum.most) sum.most = value
      if (!sum.buckets) return
      const bucket = boundedBucketOf(value)
      sum.buckets[bucket] = (sum.buckets[bucket] ?? 0) + by
    },
    take(minuteCount: number): readonly MinutePart[] {
      const taken = [...minutes].sort(([a], [b]) => a - b).slice(0, minuteCount)
      for (const [at] of taken) minutes.delete(at)
      presentAt = Number.NaN
      return taken.flatMap(([at, pools]) =>
        [...pools].flatMap(([pool, sums]) => [...sums].map(([series, sum]) => ({ at, pool, series, ...sum }))),
      )
    },
  }
}

/**
 * Counts in memory: some look-ups and additions an observation, no round trip.
 * @param poolOf the pool of a task; what belongs to none is not counted
 * @param isShared does a pool have several tasks? Then what depends on the task is counted of each, too
 */
export const createMinuteTally = (
  clock: Pick<Clock, 'now'>,
  poolOf: (task: string) => string | undefined,
  isShared: (pool: string) => boolean = () => false,
  stepMs = MINUTE_MS,
): MinuteTally => {
  const sums = createSums(clock, stepMs)
  const duration = (task: string, series: Series, ms: number): void => {
    const pool = poolOf(task)
    if (pool !== undefined) sums.add(pool, series, Math.max(0, ms), true)
  }
  const number = (task: string, series: Series, value: number, by = 1): void => {
    const pool = poolOf(task)
    if (pool !== undefined) sums.add(pool, series, value, false, by)
  }
  const ofTask = (task: string, name: TaskHop | 'batch', value: number): void => {
    const pool = poolOf(task)
    if (pool !== undefined && isShared(pool)) sums.add(pool, `task/${task}/${name}`, value, false)
  }

  return {
    tap: (metrics) => ({
      ...metrics,
      hop(hop, task, ms, isHeldUp = true) {
        metrics.hop(hop, task, ms, isHeldUp)
        if (!isHeldUp) return
        duration(task, `hop/${hop}`, ms)
        if (isTaskHop(hop)) ofTask(task, hop, Math.max(0, ms))
      },
      check(task, answered, ms) {
        metrics.check(task, answered, ms)
        number(task, `answered/${answered}`, ms)
        if (hasWaited(answered)) duration(task, 'wait', ms)
      },
      batch(task, size) {
        metrics.batch(task, size)
        number(task, 'batch', size)
        ofTask(task, 'batch', size)
      },
      count(counted, labels, by = 1) {
        metrics.count(counted, labels, by)
        const { task, reason } = labels
        if (task === undefined || reason === undefined) return
        if (counted === 'jobs_finished') number(task, `ended/${reason}`, 0, by)
        else if (counted === 'jobs_refused') number(task, `refused/${reason}`, 0, by)
      },
    }),
    spend: (pool, series, ms) => sums.add(pool, series, ms, false),
    take: (minuteCount) => sums.take(minuteCount),
  }
}
