import type { JobDays } from '../../infra/ports/job-days.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'

/** What keeping the days needs. */
export interface DaysDeps {
  readonly days: JobDays
  readonly metrics: Metrics
  readonly log: Logger
}

/** How long what is left of a job stays, in ms. */
export interface DaysConfig {
  /** the record that there was one */
  readonly recordTtlMs: number
  /** its idempotency key */
  readonly keyTtlMs: number
}

/** A database that nobody may make tables in shows a week before it matters. */
const AHEAD_COUNT = 7
/** Keys forgotten in one statement: so few that nobody waits for them, so many that they go as fast as they come. */
const KEY_LIMIT = 2_000

/**
 * Makes the days to come, forgets keys whose time is over, and drops the days of which nothing is needed any more.
 * @returns the round; it throws what one of these threw, after the others
 */
export const createDayRound = (
  { days, metrics, log }: DaysDeps,
  { recordTtlMs, keyTtlMs }: DaysConfig,
): ((signal: AbortSignal) => Promise<void>) => {
  let last = { count: 0, aheadCount: 0, strayCount: 0, keptCount: 0 }
  // No name says days: to Prometheus that is a unit, and durations are told in seconds.
  const gauge = (name: string, help: string, read: () => number) => metrics.gauge(`muster_job_${name}`, help, read)
  gauge('tables', 'Tables the jobs lie in; 0 = they are one table still', () => last.count)
  gauge('tables_ahead', 'Tables of days after today that are there already', () => last.aheadCount)
  gauge('tables_kept', 'Tables of days whose time is over and of which something is still needed', () => last.keptCount)
  gauge('strays', 'Jobs whose id belongs to no day; counting ends at 10,000', () => last.strayCount)

  const make = async (): Promise<void> => {
    const made = await days.make(AHEAD_COUNT)
    if (made.length > 0) log.info({ days: made }, 'days made for the jobs to come')
  }
  const drop = async (): Promise<void> => {
    const { dropped, kept } = await days.drop(recordTtlMs)
    last = { ...last, keptCount: kept.length }
    if (dropped.length > 0) log.info({ days: dropped }, 'days dropped: nothing of their jobs was needed any more')
  }

  return async (signal) => {
    const errors: unknown[] = []
    /** Whatever cannot be done keeps nothing else from being done, and least of all from being shown. */
    const step = (work: () => Promise<void>): Promise<void> => work().catch((error: unknown) => void errors.push(error))
    await step(make)
    await step(async () => {
      while (!signal.aborted && (await days.forgetKeys(keyTtlMs, KEY_LIMIT)) === KEY_LIMIT);
    })
    if (!signal.aborted) await step(drop)
    const signs = await days.signs()
    last = { count: 0, aheadCount: 0, strayCount: 0, ...signs, keptCount: last.keptCount }
    if (errors.length > 0) throw errors[0]
  }
}
