import { UnavailableError } from '../infra/domain/errors.ts'
import type { Dispatcher, Offer } from '../infra/ports/dispatcher.ts'
import type { Publish } from '../infra/ports/job-queue.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import { coalesce } from '../infra/runtime/coalesce.ts'
import type { PublishTurns } from '../infra/runtime/publish-turns.ts'

/** Hands committed jobs to the dispatcher and publishes those whose turn it is. Nothing here throws: the row is the promise. */
export interface DispatchJob {
  /** the row is committed; its message goes out when its turn comes */
  offer(offer: Offer): void
  /** the job needs its place no longer */
  ended(jobId: string): void
  /** resolves when nothing is on its way to the dispatcher or the broker any more */
  settled(): Promise<void>
}

/** One call for many jobs; two under way keep the server busy while the next group gathers. */
const GROUP = { maxItems: 64, slotCount: 2 }

const bare = ({ message, pool, replyTo }: Offer): Publish => ({
  ...{ message, pool },
  ...(replyTo !== undefined && { replyTo }),
})

export const createDispatchJob = ({
  dispatcher,
  publish,
  metrics,
  log,
}: {
  readonly dispatcher: Pick<Dispatcher, 'dispatch' | 'ended'>
  readonly publish: PublishTurns
  readonly metrics: Metrics
  readonly log: Logger
}): DispatchJob => {
  const onTheWay = new Set<Promise<unknown>>()

  const follow = (work: Promise<unknown>): void => {
    const followed = work
      .catch((error: unknown) => log.error({ error }, 'dispatch failed; the reconciler will offer the jobs again'))
      .finally(() => onTheWay.delete(followed))
    onTheWay.add(followed)
  }

  /** Without the dispatcher nobody's turn is better than anybody's: everything goes at once. */
  const turnsOf = async (offers: readonly Offer[]): Promise<readonly Publish[]> => {
    try {
      return await dispatcher.dispatch(offers)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      metrics.count('dispatcher_away', { reason: 'dispatch' }, offers.length)
      return offers.map(bare)
    }
  }

  const offerMany = coalesce(async (offers: readonly Offer[]) => {
    follow(publish(await turnsOf(offers)))
    return offers
  }, GROUP)

  const endMany = coalesce(async (ids: readonly string[]) => {
    // A place that cannot be given back now is found by the reconciler, or ends with the deadline.
    const turns = await dispatcher.ended(ids.map((jobId) => ({ jobId, served: false }))).catch(() => [])
    follow(publish(turns))
    return ids
  }, GROUP)

  return {
    offer: (offer) => follow(offerMany(offer)),
    ended: (jobId) => follow(endMany(jobId)),
    async settled() {
      while (onTheWay.size > 0) await Promise.allSettled([...onTheWay])
    },
  }
}
