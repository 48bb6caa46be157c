import { v7 as uuidv7 } from 'uuid'
import { JobNotFoundError } from '../infra/domain/errors.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { Erasure, ErasureStore } from '../infra/ports/erasure-store.ts'
import type { JobQueue } from '../infra/ports/job-queue.ts'
import type { JobStore } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import { CLEAR_LEASE_MS, type ClearJobs } from './clear-jobs.ts'
import type { Completions } from './completions.ts'
import { subjectHash } from './fingerprint.ts'
import type { PurgeDeadLetters } from './purge-dead-letters.ts'

/** Jobs that one statement makes forget everything. */
const BATCH = 100
/** A caller is not kept waiting for a person with a thousand jobs; housekeeping does the rest. */
const CALLER_PATIENCE_MS = 5_000

/**
 * Erases for good. What was asked for is written down first, then the rows forget everything and with it the keys that
 * open the pictures, then storage, cache and deliveries are cleared. Whatever fails on the way is finished by housekeeping.
 * @throws UnavailableError when not even the wish could be written down
 */
export interface Erase {
  /** May be repeated: it answers the same receipt. @throws JobNotFoundError also for a job of another tenant */
  job(tenant: string, id: string): Promise<Erasure>
  /** Everything under the caller's reference to a person, also what is running. @param subject the reference itself */
  subject(tenant: string, subject: string): Promise<Erasure>
  /** Go on with an erasure that was not completed, for as long as it takes. */
  resume(erasure: Erasure): Promise<Erasure>
}

/** What erasing needs. */
export interface EraseDeps {
  readonly jobs: Pick<JobStore, 'find'>
  readonly erasures: ErasureStore
  readonly clearJobs: ClearJobs
  readonly purgeDeadLetters: PurgeDeadLetters
  readonly queue: Pick<JobQueue, 'signal'>
  readonly completions: Pick<Completions, 'deliver'>
  readonly clock: Clock
  readonly log: Logger
}

/** Builds the use case. */
export const createErase = (deps: EraseDeps): Erase => {
  const { jobs, erasures, clearJobs, purgeDeadLetters, queue, completions, clock, log } = deps

  const run = async (erasure: Erasure, patienceMs = Number.POSITIVE_INFINITY): Promise<Erasure> => {
    const until = clock.monotonic() + patienceMs
    for (;;) {
      const erased = await erasures.forget(erasure.id, BATCH, CLEAR_LEASE_MS)
      for (const { id, wasOpen } of erased) {
        if (!wasOpen) continue
        completions.deliver({ id, state: 'canceled' })
        queue.signal(id)
      }
      await clearJobs(erased)
      if (erased.length < BATCH) break
      if (clock.monotonic() > until) return (await erasures.find(erasure.tenant, erasure.id)) ?? erasure
    }
    try {
      await purgeDeadLetters()
    } catch (error) {
      log.warn({ erasureId: erasure.id, error }, 'dead letters not looked at; the erasure stays open')
      return (await erasures.find(erasure.tenant, erasure.id)) ?? erasure
    }
    const receipt = await erasures.complete(erasure.id)
    const { jobCount, pictureCount, heldCount, completedAt } = receipt
    const facts = { erasureId: erasure.id, jobCount, pictureCount, heldCount, completed: completedAt !== null }
    // Looked at again and again while a hold lasts.
    log[heldCount > 0 ? 'debug' : 'info'](facts, 'erased')
    return receipt
  }

  return {
    async job(tenant, id) {
      if (!(await jobs.find(tenant, id))) throw new JobNotFoundError(id)
      return run(await erasures.open(uuidv7(), tenant, { jobId: id }), CALLER_PATIENCE_MS)
    },
    async subject(tenant, subject) {
      const scope = { subjectSha256: subjectHash(tenant, subject) }
      return run(await erasures.open(uuidv7(), tenant, scope), CALLER_PATIENCE_MS)
    },
    resume: (erasure) => run(erasure),
  }
}
