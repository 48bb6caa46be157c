import { UnavailableError } from '../../infra/domain/errors.ts'
import type { Dispatcher } from '../../infra/ports/dispatcher.ts'
import type { JobQueue } from '../../infra/ports/job-queue.ts'
import type { JobStore } from '../../infra/ports/job-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import { publishAndMark } from './offer-again.ts'

export interface FreePlacesDeps {
  readonly queue: Pick<JobQueue, 'publish'>
  readonly jobs: Pick<JobStore, 'over' | 'markPublished'>
  readonly dispatcher: Pick<Dispatcher, 'doubtful' | 'ended'>
  readonly log: Logger
}

/**
 * Frees the places of jobs whose end the dispatcher was never told, for example because it was away just then: a tenant
 * must not be refused for jobs that are long over.
 * @param limit most jobs looked at
 */
export const freePlaces = async (deps: FreePlacesDeps, limit: number): Promise<void> => {
  const { jobs, dispatcher, log } = deps
  try {
    const ids = await dispatcher.doubtful(limit)
    const over = await jobs.over(ids)
    if (over.length === 0) return
    log.warn({ placeCount: over.length }, 'places of jobs freed whose end was never told')
    await publishAndMark(deps, await dispatcher.ended(over.map((jobId) => ({ jobId, served: false }))))
  } catch (error) {
    // Without a dispatcher there are no places.
    if (!(error instanceof UnavailableError)) throw error
  }
}
