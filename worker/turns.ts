import { UnavailableError } from '../infra/domain/errors.ts'
import type { Capacity, Dispatcher, Ended } from '../infra/ports/dispatcher.ts'
import type { Logger } from '../infra/ports/logger.ts'
import { coalesce } from '../infra/runtime/coalesce.ts'
import type { PublishTurns } from '../infra/runtime/publish-turns.ts'

/** A place that nobody gives back ends with its job's deadline. */
const MOST_UNTOLD = 1_000
/** One call for the jobs of a batch. */
const GROUP = { maxItems: 64, slotCount: 2 }

/** What a worker and the dispatcher tell each other: jobs that are over and what it can take, and whose turn it is then. */
export interface Turns {
  /** The job needs its place no longer. @param served the model has worked on it */
  ended(jobId: string, served: boolean): void
  announce(): Promise<void>
  /** the worker takes no more */
  leave(): Promise<void>
}

/** Nothing here throws: a dispatcher that is away learns the same from the next announcement, or by time. */
export const createTurns = ({
  dispatcher,
  publish,
  capacity,
  log,
}: {
  readonly dispatcher: Pick<Dispatcher, 'ended' | 'announce'>
  readonly publish: PublishTurns
  readonly capacity: () => Capacity
  readonly log: Logger
}): Turns => {
  const quietly = (error: unknown): void => {
    if (!(error instanceof UnavailableError)) log.error({ error }, 'the dispatcher could not be told')
  }

  /** ends the dispatcher could not be told of yet; the oldest are left to time */
  let untold: readonly Ended[] = []

  const tellEnds = async (jobs: readonly Ended[]): Promise<void> => {
    try {
      void publish(await dispatcher.ended(jobs))
    } catch (error) {
      untold = [...untold, ...jobs].slice(-MOST_UNTOLD)
      throw error
    }
  }

  const endMany = coalesce(async (jobs: readonly Ended[]) => {
    await tellEnds(jobs)
    return jobs
  }, GROUP)

  const tell = async (told: Capacity): Promise<void> => {
    const again = untold
    untold = []
    if (again.length > 0) await tellEnds(again).catch(quietly)
    await dispatcher.announce(told).then(publish, quietly)
  }

  return {
    ended: (jobId, served) => void endMany({ jobId, served }).catch(quietly),
    announce: () => tell(capacity()),
    leave: () => tell({ ...capacity(), slots: 0, bulkSlots: 0 }),
  }
}
