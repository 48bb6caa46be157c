import type { ErasureStore } from '../../infra/ports/erasure-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { ResultCache } from '../../infra/ports/result-cache.ts'
import type { RetentionStore } from '../../infra/ports/retention-store.ts'

/** What looking for the overdue needs. */
export interface OverdueDeps {
  readonly retention: Pick<RetentionStore, 'overdue' | 'erasedLately'>
  readonly erasures: Pick<ErasureStore, 'oldestOpenMs'>
  readonly cache: Pick<ResultCache, 'get' | 'bury'>
  readonly metrics: Metrics
  readonly log: Logger
}

/** Longer than a round, a lease and a second try take: whoever is later than this is stuck. */
const GRACE_MS = 300_000
/** Longer than any entry of the cache lives. */
const CACHED_MS = 600_000
/** Cache entries looked at in one round: the latest, which are the ones that may still be there. */
const CACHE_LIMIT = 200

/**
 * Numbers that must be 0, for whoever has to prove that data goes away: what is still there though its time is over, in
 * the rows and in the cache, and since when an erasure is open.
 * @returns the round that finds them out
 */
export const createOverdueGauges = ({ retention, erasures, cache, metrics, log }: OverdueDeps) => {
  const last = { pictures: 0, results: 0, oldestMs: 0 }
  metrics.gauge(
    'muster_pictures_overdue',
    'Jobs whose pictures are still stored though their time is over',
    () => last.pictures,
  )
  metrics.gauge(
    'muster_results_overdue',
    'Jobs whose result is still there though its time is over',
    () => last.results,
  )
  metrics.gauge(
    'muster_erasures_open_oldest_seconds',
    'Since when the oldest erasure is open; 0 when none is',
    () => last.oldestMs / 1000,
  )

  /** Buried or not, a job that was erased must not be found. */
  const countCached = async (): Promise<number> => {
    let foundCount = 0
    for (const { tenant, id } of await retention.erasedLately(CACHED_MS, CACHE_LIMIT)) {
      if (!(await cache.get(tenant, id))) continue
      foundCount += 1
      await cache.bury(tenant, id)
    }
    return foundCount
  }

  return async (): Promise<void> => {
    const { pictureJobs, resultJobs } = await retention.overdue(GRACE_MS)
    const cachedCount = await countCached()
    last.pictures = pictureJobs
    last.results = resultJobs + cachedCount
    last.oldestMs = await erasures.oldestOpenMs()
    if (last.pictures > 0 || last.results > 0)
      log.error({ ...last, cachedCount }, 'data is stored though its time is over')
  }
}
