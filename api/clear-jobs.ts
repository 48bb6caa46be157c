import { AppError } from '../infra/domain/errors.ts'
import type { BlobStore } from '../infra/ports/blob-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { ResultCache } from '../infra/ports/result-cache.ts'
import type { DueJob, RetentionStore } from '../infra/ports/retention-store.ts'

/** How long a job that is being cleared is left to whoever took it. */
export const CLEAR_LEASE_MS = 30_000
/** Deletions under way at once: enough to keep ahead of 260 new pictures a second, few enough for a small store. */
const CONCURRENCY = 32

/**
 * Delete whatever is left of jobs whose rows have forgotten it: cache entries, pictures, webhook deliveries. Never fails:
 * what could not be deleted stays due and comes again.
 * @returns how many jobs are cleared
 */
export type ClearJobs = (jobs: readonly DueJob[]) => Promise<number>

/** What clearing needs. */
export interface ClearDeps {
  readonly retention: Pick<RetentionStore, 'cleared'>
  readonly blobs: Pick<BlobStore, 'delete'>
  readonly cache: Pick<ResultCache, 'bury'>
  readonly metrics: Metrics
  readonly log: Logger
}

/** Builds the use case. */
export const createClearJobs = ({ retention, blobs, cache, metrics, log }: ClearDeps): ClearJobs => {
  const clear = async ({ tenant, id, pictures, whole }: DueJob): Promise<void> => {
    // The cache first: it could still answer for a job that has just ended.
    const buried = !whole || (await cache.bury(tenant, id))
    for (const key of pictures) await blobs.delete(key)
    if (!buried) throw new CacheSilentError()
  }

  return async (jobs) => {
    let clearedCount = 0
    for (let start = 0; start < jobs.length; start += CONCURRENCY) {
      const some = jobs.slice(start, start + CONCURRENCY)
      const outcomes = await Promise.allSettled(some.map(clear))
      const gone = some.filter((_, index) => outcomes[index]?.status === 'fulfilled')
      const failed = outcomes.find((one) => one.status === 'rejected')
      if (failed)
        log.warn({ error: failed.reason, leftCount: some.length - gone.length }, 'jobs not cleared; again later')
      await retention.cleared(gone)
      metrics.count(
        'pictures_erased',
        {},
        gone.reduce((sum, { pictures }) => sum + pictures.length, 0),
      )
      clearedCount += gone.length
    }
    return clearedCount
  }
}

/** The cache did not say that an entry is gone. It goes by itself in a while, but nobody would know. */
class CacheSilentError extends AppError {
  readonly code = 'CACHE_SILENT'
  readonly retryable = true
  constructor() {
    super('the cache did not answer')
  }
}
