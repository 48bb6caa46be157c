import { v7 as uuidv7 } from 'uuid'
import { UnavailableError } from '../infra/domain/errors.ts'
import type { Job } from '../infra/domain/job.ts'
import type { Json } from '../infra/domain/json.ts'
import { MESSAGE_VERSION } from '../infra/domain/message.ts'
import type { Lane, TaskName } from '../infra/domain/task.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { JobQueue, ReplyQueue } from '../infra/ports/job-queue.ts'
import type { Inserted, JobStore, NewJob } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { PublishMarks } from '../infra/runtime/publish-marks.ts'
import { admit } from './admission.ts'
import type { CommonOptions } from './common-options.ts'
import type { Completions, Waiter } from './completions.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { LoadMeter } from './load-meter.ts'
import { OverloadedError } from './request-error.ts'
import type { PictureStore, ReceivedPicture, StoredPictures } from './store-pictures.ts'

/** A request that has been read and found well-formed. */
export interface Submission {
  readonly tenant: string
  readonly task: TaskName
  readonly pool: string
  readonly lane: Lane
  readonly pictures: readonly ReceivedPicture[]
  readonly options: { readonly [name: string]: Json }
  readonly common: CommonOptions
  /** somebody will wait for the outcome in this process */
  readonly waiting: boolean
  readonly idempotencyKey: string | undefined
  readonly traceparent: string | undefined
}

/** The committed row, and the waiter to give to `awaitJob` when somebody waits. */
export interface Submitted {
  readonly job: Job
  /** an earlier request with this idempotency key made the job */
  readonly joined: boolean
  readonly waiter: Waiter | undefined
  /** monotonic ms when the row was committed */
  readonly committedAt: number
}

/** Turns requests into jobs. */
export interface SubmitJob {
  /** @throws OverloadedError when the job could not be done in time; cheap, so asked before the body is read */
  admit(pool: string, lane: Lane): void
  /**
   * Resolves once the row is committed; the message follows. A message that cannot be confirmed is no error here: the
   * row is the promise, and the reconciler publishes it later.
   * @throws InputError, RequestError, IdempotencyMismatchError, UnavailableError, StorageDeniedError
   */
  submit(submission: Submission): Promise<Submitted>
  /** resolves when no message is on its way to the broker any more */
  settled(): Promise<void>
}

/** What a submission needs from the rest of the system. */
export interface SubmitDeps {
  readonly jobs: Pick<JobStore, 'insert'>
  readonly queue: Pick<JobQueue, 'publish' | 'trouble'>
  readonly reply: ReplyQueue
  readonly pictures: PictureStore
  readonly completions: Completions
  readonly meter: LoadMeter
  readonly marks: PublishMarks
  readonly metrics: Metrics
  readonly log: Logger
  readonly clock: Clock
}

/** The common options as part of what a request is recognised by. What was not given is absent: older prints stay equal. */
const printed = ({ keep, subject, webhookUrl, deadlineMs }: CommonOptions): { [name: string]: Json } => ({
  ...(keep ? {} : { store: false }),
  ...(subject !== undefined && { subject }),
  ...(webhookUrl !== undefined && { webhookUrl }),
  ...(deadlineMs !== undefined && { deadlineMs }),
})

/** @param config.deadlineMs by lane, from the insert */
export const createSubmitJob = (
  { jobs, queue, reply, pictures, completions, meter, marks, metrics, log, clock }: SubmitDeps,
  config: { readonly deadlineMs: Readonly<Record<Lane, number>>; readonly maxDepthCount: number },
): SubmitJob => {
  const onTheWay = new Set<Promise<void>>()

  const publish = async ({ id, task, tenant, lane, deadline }: Job, submission: Submission): Promise<void> => {
    // The broker adapter has told of the trouble already, and every publish now would only wait for its time to be up.
    if (queue.trouble() !== undefined) return
    const { pool, traceparent, waiting } = submission
    const message = {
      v: MESSAGE_VERSION,
      id,
      task,
      tenant,
      lane,
      deadline,
      attempt: 0,
      ...(traceparent && { traceparent }),
    }
    const startedAt = clock.monotonic()
    try {
      await queue.publish({ message, pool, ...(waiting && { replyTo: reply.name }) })
      metrics.hop('publish', task, clock.monotonic() - startedAt)
      marks.confirmed(id)
    } catch (error) {
      log.warn({ jobId: id, error }, 'message not confirmed; the reconciler will publish it')
    }
  }

  const publishSoon = (job: Job, submission: Submission): void => {
    const published = publish(job, submission).finally(() => onTheWay.delete(published))
    onTheWay.add(published)
  }

  const insert = async (newJob: NewJob, stored: StoredPictures): Promise<Inserted> => {
    try {
      const inserted = await jobs.insert(newJob)
      if (inserted.kind === 'joined') await pictures.discard(stored.refs)
      return inserted
    } catch (error) {
      // A database that fell silent may still have committed the row: then its pictures are needed.
      if (!(error instanceof UnavailableError)) await pictures.discard(stored.refs)
      throw error
    }
  }

  const newJobOf = (id: string, submission: Submission, stored: StoredPictures, storeMs: number): NewJob => {
    const { tenant, task, lane, options, common, idempotencyKey } = submission
    return {
      id,
      tenant,
      task,
      lane,
      input: { pictures: stored.refs, options, ...(stored.sealed && { sealed: stored.sealed }) },
      deadlineMs: common.deadlineMs ?? config.deadlineMs[lane],
      fingerprint: fingerprintOf(task, { ...options, ...printed(common) }, stored.prints),
      storeMs,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    }
  }

  return {
    admit(pool, lane) {
      const admission = admit(meter.load(pool, lane), config.deadlineMs[lane], config.maxDepthCount)
      if (admission.kind === 'refuse') throw new OverloadedError(admission.retryAfterMs)
    },

    async submit(submission) {
      const { tenant, task, pool, waiting } = submission
      const id = uuidv7()
      const startedAt = clock.monotonic()
      const stored = await pictures.store(tenant, id, submission.pictures)
      const storedAt = clock.monotonic()
      metrics.hop('store', task, storedAt - startedAt)
      const { job, kind } = await insert(newJobOf(id, submission, stored, storedAt - startedAt), stored)
      const committedAt = clock.monotonic()
      metrics.hop('insert', task, committedAt - storedAt)
      const waiter = waiting ? completions.wait(job.id) : undefined
      if (kind === 'inserted') {
        metrics.count('jobs_submitted', { task })
        if (waiting) meter.submitted(job.id, pool)
        publishSoon(job, submission)
      }
      return { job, joined: kind === 'joined', waiter, committedAt }
    },

    async settled() {
      await Promise.all(onTheWay)
    },
  }
}
