import type { Pool } from '../../infra/domain/pools.ts'
import { LANES, type Lane } from '../../infra/domain/task.ts'
import type { JobQueue } from '../../infra/ports/job-queue.ts'
import type { JobStore, Unpublished } from '../../infra/ports/job-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import { type OfferAgainDeps, offerAgain } from './offer-again.ts'

export interface ReconcileDeps extends Pick<OfferAgainDeps, 'dispatcher' | 'settingsOf'> {
  readonly jobs: Pick<
    JobStore,
    'unpublished' | 'postpone' | 'stale' | 'markPublished' | 'expireOverdue' | 'endCanceling'
  >
  readonly queue: Pick<JobQueue, 'publish' | 'depth' | 'trouble'>
  readonly metrics: Metrics
  readonly log: Logger
}

export interface ReconcileConfig {
  readonly pools: readonly Pool[]
  /** a publish still under way must not be doubled: longer than the publish deadline */
  readonly unconfirmedMs: number
  /** longer than the longest retry delay, during which a message is in neither lane */
  readonly staleMs: number
  /** a worker in the middle of a job ends it itself; after this nobody will */
  readonly overdueMs: number
  /** most rows taken at a time */
  readonly limit: number
}

/**
 * Makes dispatcher and broker agree with the rows again: offers what was never confirmed, offers what the broker has lost
 * (an empty queue while confirmed jobs still wait: its disk was wiped), and ends what is overdue or was canceled under a
 * worker that died. Doubling a message is harmless, the claim sees to that; missing one is not.
 */
export const reconcile = async (deps: ReconcileDeps, config: ReconcileConfig): Promise<void> => {
  const { jobs, queue } = deps
  await jobs.expireOverdue(config.overdueMs, config.limit)
  await endCanceled(deps, config)
  if (queue.trouble() !== undefined) return
  for (;;) {
    const found = await jobs.unpublished(config.unconfirmedMs, config.limit)
    const handledCount = await republish(deps, config, found, 'unconfirmed')
    // To the last one, while it works: callers have waited through the whole outage. A pick leaves out earlier ones.
    if (found.length < config.limit || handledCount === 0 || queue.trouble() !== undefined) break
  }
  for (const pool of config.pools) {
    for (const lane of LANES) {
      // One queue that is missing must not keep the others from being looked at.
      await republishLost(deps, config, pool, lane).catch((error: unknown) =>
        deps.log.warn({ pool: pool.name, lane, error }, 'lane could not be reconciled'),
      )
    }
  }
}

/** What a worker that died was told to give up: nobody else would end it. */
const endCanceled = async ({ jobs, metrics, log }: ReconcileDeps, { overdueMs, limit }: ReconcileConfig) => {
  const endedCount = await jobs.endCanceling(overdueMs, limit)
  if (endedCount === 0) return
  metrics.count('jobs_canceled', { reason: 'worker-gone' }, endedCount)
  metrics.count('jobs_finished', { reason: 'canceled' }, endedCount)
  log.warn({ endedCount }, 'canceled jobs ended in place of their workers')
}

const republishLost = async (deps: ReconcileDeps, config: ReconcileConfig, pool: Pool, lane: Lane): Promise<void> => {
  const { readyCount } = await deps.queue.depth(pool.name, lane)
  if (readyCount > 0) return
  const lost = await deps.jobs.stale(pool.tasks, lane, config.staleMs, config.limit)
  await republish(deps, config, lost, 'lost-by-broker')
}

/** @returns how many are published or wait for their turn now */
const republish = async (
  deps: ReconcileDeps,
  { pools }: ReconcileConfig,
  found: readonly Unpublished[],
  reason: 'unconfirmed' | 'lost-by-broker',
): Promise<number> => {
  if (found.length === 0) return 0
  const { publishedCount, heldCount } = await offerAgain(deps, pools, found)
  if (publishedCount > 0) {
    deps.metrics.count('messages_republished', { reason }, publishedCount)
    deps.log.warn({ reason, foundCount: found.length, publishedCount, heldCount }, 'messages published again')
  }
  return publishedCount + heldCount
}
