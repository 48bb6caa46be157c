import type { DeadLetters } from '../infra/ports/dead-letters.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { RetentionStore } from '../infra/ports/retention-store.ts'

/** Dead letters looked at, oldest first. More than that is a disaster of its own. */
const LIMIT = 1_000

/**
 * Remove the dead letters of jobs that were erased: they are pointers only, but to somebody who is to be forgotten.
 * @returns how many
 * @throws UnavailableError
 */
export type PurgeDeadLetters = () => Promise<number>

/** Builds the use case. */
export const createPurgeDeadLetters =
  ({
    deadLetters,
    retention,
    log,
  }: {
    readonly deadLetters: DeadLetters
    readonly retention: Pick<RetentionStore, 'erased'>
    readonly log: Logger
  }): PurgeDeadLetters =>
  async () => {
    if ((await deadLetters.count()) === 0) return 0
    const letters = await deadLetters.list(LIMIT)
    const erased = await retention.erased(letters.flatMap(({ job }) => (job ? [job.id] : [])))
    if (erased.length === 0) return 0
    const ids = new Set(erased.map(({ id }) => id))
    const isErased = (id: string | undefined): boolean => id !== undefined && ids.has(id)
    const purgedCount = await deadLetters.settle(LIMIT, async ({ job }) => (isErased(job?.id) ? 'remove' : 'keep'))
    log.info({ purgedCount }, 'dead letters of erased jobs removed')
    return purgedCount
  }
