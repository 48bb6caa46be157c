import type { Job } from '../infra/domain/job.ts'
import type { JobQueue } from '../infra/ports/job-queue.ts'
import type { Canceled, JobStore } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { Completions } from './completions.ts'

/**
 * Take a job back, from any replica. State first, signal second: once the row says so no outcome of the job is kept,
 * whether or not its worker hears of it. May be repeated.
 * @throws UnavailableError
 */
export type CancelJob = (tenant: string, id: string) => Promise<Canceled>

/** What canceling needs. */
export interface CancelDeps {
  readonly jobs: Pick<JobStore, 'cancel'>
  readonly queue: Pick<JobQueue, 'signal'>
  readonly completions: Pick<Completions, 'deliver'>
  readonly metrics: Metrics
}

/** Builds the use case. */
export const createCancelJob =
  ({ jobs, queue, completions, metrics }: CancelDeps): CancelJob =>
  async (tenant, id) => {
    const canceled = await jobs.cancel(tenant, id)
    if (canceled.kind === 'canceling') queue.signal(id)
    if (canceled.kind !== 'canceled') return canceled
    const { task, startedAt } = canceled.job
    metrics.count('jobs_canceled', { task, reason: startedAt === null ? 'queued' : 'worker-gone' })
    metrics.count('jobs_finished', { task, reason: 'canceled' })
    completions.deliver({ id, state: 'canceled' })
    return canceled
  }

/** Cancel a job whose caller has gone and wanted it to go with him. Never throws: there is nobody left to tell. */
export type AbandonJob = (job: Job) => Promise<void>

/** Builds the use case. */
export const createAbandonJob =
  (cancelJob: CancelJob, log: Logger): AbandonJob =>
  async ({ tenant, id }) => {
    try {
      const { kind } = await cancelJob(tenant, id)
      log.info({ jobId: id, kind }, 'job canceled with its caller')
    } catch (error) {
      log.warn({ jobId: id, error }, 'job of a caller who has gone could not be canceled; it goes on')
    }
  }
