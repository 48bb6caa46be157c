import type { ErasureStore } from '../../infra/ports/erasure-store.ts'
import type { RetentionStore } from '../../infra/ports/retention-store.ts'
import { CLEAR_LEASE_MS, type ClearJobs } from '../clear-jobs.ts'
import type { Erase } from '../erase-job.ts'

/** What forgetting needs. */
export interface ForgetDeps {
  readonly retention: Pick<RetentionStore, 'takeDue'>
  readonly erasures: Pick<ErasureStore, 'takeOpen'>
  readonly clearJobs: ClearJobs
  readonly erase: Pick<Erase, 'resume'>
}

const LIMIT = 500
const ERASURE_LIMIT = 10

/**
 * Delete pictures and results whose time is over, and go on with erasures that somebody began and could not complete.
 * Every replica may do this at once: each job and each erasure goes to one of them.
 */
export const forget = async (deps: ForgetDeps, signal: AbortSignal): Promise<void> => {
  const { retention, erasures, clearJobs, erase } = deps
  while (!signal.aborted) {
    const due = await retention.takeDue(LIMIT, CLEAR_LEASE_MS)
    // Where not all could be cleared, something is away: what is left comes again with the next round.
    if ((await clearJobs(due)) < due.length || due.length < LIMIT) break
  }
  for (const erasure of await erasures.takeOpen(ERASURE_LIMIT, CLEAR_LEASE_MS)) {
    if (signal.aborted) return
    await erase.resume(erasure)
  }
}
