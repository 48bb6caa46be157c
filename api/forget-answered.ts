import type { Job } from '../infra/domain/job.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { RetentionStore } from '../infra/ports/retention-store.ts'
import { CLEAR_LEASE_MS, type ClearJobs } from './clear-jobs.ts'

/**
 * Forget a job that was not to be kept, now that its outcome has gone out. Returns at once and never fails: what goes wrong
 * here is made good when the job's ten minutes are over.
 */
export type ForgetAnswered = (job: Job) => void

/** Builds the use case. */
export const createForgetAnswered =
  ({
    retention,
    clearJobs,
    log,
  }: {
    readonly retention: Pick<RetentionStore, 'takeUnkept'>
    readonly clearJobs: ClearJobs
    readonly log: Logger
  }): ForgetAnswered =>
  ({ tenant, id, keep }) => {
    if (keep) return
    const forget = async () => {
      const due = await retention.takeUnkept(tenant, id, CLEAR_LEASE_MS)
      if (due) await clearJobs([due])
    }
    forget().catch((error: unknown) => log.warn({ jobId: id, error }, 'answered job not forgotten yet'))
  }
