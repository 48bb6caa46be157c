import type { Job } from '../../infra/domain/job.ts'
import type { NewJob } from '../../infra/ports/job-store.ts'

/** One row: the job, and what only the store knows of it. */
export interface Row {
  job: Job
  readonly newJob: NewJob
  readonly idempotencyKey: string | undefined
  readonly fingerprint: string
  /** spent before it was reopened: they do not count any more */
  attemptsBefore: number
  lostCount: number
  leasedUntil: number
  queuedAt: number
  publishedAt: number | undefined
  cancelingAt: number | undefined
}

/** The row of a job that was just submitted. @param now epoch ms */
export const newRow = (newJob: NewJob, now: number): Row => {
  const { id, tenant, task, lane, input, deadlineMs, idempotencyKey, fingerprint, storeMs, admitMs, insertMs } = newJob
  const job: Job = {
    id,
    tenant,
    task,
    lane,
    input,
    state: 'queued',
    attempt: 0,
    result: null,
    error: null,
    models: [],
    thresholdSet: null,
    timings: { storeMs, ...(admitMs !== undefined && { admitMs }), ...(insertMs && { insertMs: insertMs() }) },
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    deadline: now + deadlineMs,
    keep: newJob.retention.keep,
    erasedAt: null,
  }
  const untouched = { attemptsBefore: 0, lostCount: 0, leasedUntil: 0, publishedAt: undefined, cancelingAt: undefined }
  return { job, newJob, idempotencyKey, fingerprint, queuedAt: now, ...untouched }
}
