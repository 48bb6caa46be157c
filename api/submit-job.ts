import { UnavailableError } from '../infra/domain/errors.ts'
import type { Job } from '../infra/domain/job.ts'
import type { Json } from '../infra/domain/json.ts'
import { type JobMessage, MESSAGE_VERSION } from '../infra/domain/message.ts'
import type { Lane, TaskName } from '../infra/domain/task.ts'
import type { TraceContext } from '../infra/domain/trace-context.ts'
import { RequestError } from '../infra/http/request-error.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { ReplyQueue } from '../infra/ports/job-queue.ts'
import type { Inserted, JobStore, NewJob } from '../infra/ports/job-store.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { Place } from './admit-job.ts'
import type { CommonOptions } from './common-options.ts'
import type { Completions, Waiter } from './completions.ts'
import type { DispatchJob } from './dispatch-job.ts'
import { fingerprintOf, subjectHash } from './fingerprint.ts'
import type { LocalLimit } from './local-limit.ts'
import { type PictureStore, printsOf, type ReceivedPicture, type StoredPictures } from './store-pictures.ts'
import type { TenantSettingsOf } from './tenant-settings.ts'

/** A request that has been read and found well-formed. */
export interface Submission {
  readonly place: Place
  readonly tenant: string
  readonly task: TaskName
  readonly pool: string
  readonly lane: Lane
  readonly pictures: readonly ReceivedPicture[]
  readonly options: { readonly [name: string]: Json }
  /** what sent it, as `js 1.2`; undefined = it did not say */
  readonly sdk?: string | undefined
  readonly common: CommonOptions
  /** somebody will wait for the outcome in this process */
  readonly waiting: boolean
  /** monotonic ms when the request came; undefined = not known */
  readonly arrivedAt?: number | undefined
  readonly idempotencyKey: string | undefined
  /** what the caller sent */
  readonly traceparent: string | undefined
  /** where the request stands in traces of ours; undefined = there are none */
  readonly trace?: TraceContext | undefined
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
  /**
   * Resolves once the row is committed; the message follows when its turn comes. A message that cannot be confirmed is no
   * error here: the row is the promise, and the reconciler publishes it later.
   * @throws OverloadedError when the job could not be done by a deadline of the caller's own
   * @throws InputError, RequestError, IdempotencyMismatchError, UnavailableError, StorageDeniedError
   */
  submit(submission: Submission): Promise<Submitted>
  /**
   * The job that an earlier request with the same idempotency key made: it needs no place of its own.
   * @throws IdempotencyMismatchError, UnavailableError
   */
  join(submission: Omit<Submission, 'place'>): Promise<Submitted | undefined>
}

/** What a submission needs from the rest of the system. */
export interface SubmitDeps {
  readonly jobs: Pick<JobStore, 'insert' | 'join'>
  readonly reply: ReplyQueue
  readonly pictures: PictureStore
  readonly settingsOf: TenantSettingsOf
  readonly completions: Completions
  readonly local: Pick<LocalLimit, 'submitted'>
  readonly dispatch: Pick<DispatchJob, 'offer'>
  readonly metrics: Metrics
  readonly clock: Clock
}

/** The common options as part of what a request is recognised by. What was not given is absent: older prints stay equal. */
const printed = ({ keep, subject, webhookUrl, deadlineMs }: CommonOptions): { [name: string]: Json } => ({
  ...(keep ? {} : { store: false }),
  ...(subject !== undefined && { subject }),
  ...(webhookUrl !== undefined && { webhookUrl }),
  ...(deadlineMs !== undefined && { deadlineMs }),
})

const fingerprint = ({ task, options, common }: Omit<Submission, 'place'>, prints: StoredPictures['prints']): string =>
  fingerprintOf(task, { ...options, ...printed(common) }, prints)

/** @param settled what the request alone does not tell */
const toNewJob = (
  submission: Submission,
  stored: StoredPictures,
  settled: Pick<NewJob, 'id' | 'admitMs' | 'storeMs' | 'insertMs' | 'deadlineMs' | 'retention'>,
): NewJob => {
  const { tenant, task, lane, options, common, idempotencyKey, sdk } = submission
  const sealed = stored.sealed && { sealed: stored.sealed }
  return {
    ...settled,
    tenant,
    task,
    lane,
    input: { pictures: stored.refs, options, ...sealed, ...(sdk !== undefined && { sdk }) },
    fingerprint: fingerprint(submission, stored.prints),
    ...(common.subject !== undefined && { subjectSha256: subjectHash(tenant, common.subject) }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(common.webhookUrl !== undefined && { webhookUrl: common.webhookUrl }),
  }
}

/** A worker of before knows the caller's field alone: it gets there what one of now finds in ours. */
const tracesOf = ({ traceparent, trace }: Submission): Pick<JobMessage, 'traceparent' | 'trace'> => {
  if (trace) return { traceparent: trace.traceparent, trace }
  return traceparent === undefined ? {} : { traceparent }
}

/** An upload goes when a job was made of it. */
const isUploadGone = (error: unknown): boolean => error instanceof RequestError && error.code === 'UPLOAD_NOT_FOUND'

/** Makes the row of what is stored; without a row nothing stays stored. @param deadlineMs by lane, from the insert */
const createCommit = (
  { jobs, pictures, settingsOf }: Pick<SubmitDeps, 'jobs' | 'pictures' | 'settingsOf'>,
  deadlineMs: Readonly<Record<Lane, number>>,
) => {
  const insert = async (newJob: NewJob, stored: StoredPictures): Promise<Inserted> => {
    try {
      const inserted = await jobs.insert(newJob)
      if (inserted.kind === 'joined') await pictures.discard(stored.refs)
      // The answer does not wait for it; a repetition needs the uploads no more than this request does.
      void pictures.consume(stored.refs)
      return inserted
    } catch (error) {
      // A database that fell silent may still have committed the row: then its pictures are needed.
      if (!(error instanceof UnavailableError)) await pictures.discard(stored.refs)
      throw error
    }
  }

  return async (
    submission: Submission,
    stored: StoredPictures,
    took: Pick<NewJob, 'admitMs' | 'storeMs' | 'insertMs'>,
  ): Promise<Inserted> => {
    const { tenant, lane, common, place } = submission
    const { pictureTtlMs, resultTtlMs } = await settingsOf(tenant)
    const settled = {
      id: place.jobId,
      ...took,
      deadlineMs: common.deadlineMs ?? deadlineMs[lane],
      retention: { keep: common.keep, pictureTtlMs, resultTtlMs },
    }
    return insert(toNewJob(submission, stored, settled), stored)
  }
}

/** @param config.deadlineMs by lane, from the insert */
export const createSubmitJob = (
  { jobs, reply, pictures, settingsOf, completions, local, dispatch, metrics, clock }: SubmitDeps,
  config: { readonly deadlineMs: Readonly<Record<Lane, number>> },
): SubmitJob => {
  /** @param insertMs all that inserting it took: the row tells what of that came before it */
  const offer = (job: Job, submission: Submission, insertMs: number): void => {
    const { pool, waiting, place } = submission
    const { id, task, tenant, lane, deadline, createdAt } = job
    const commitMs = Math.max(0, insertMs - (job.timings.insertMs ?? 0))
    dispatch.offer({
      message: { v: MESSAGE_VERSION, id, task, tenant, lane, deadline, attempt: 0, commitMs, ...tracesOf(submission) },
      pool,
      ...(waiting && { replyTo: reply.name }),
      weight: place.weight,
      remainingMs: deadline - createdAt,
    })
  }

  const commit = createCommit({ jobs, pictures, settingsOf }, config.deadlineMs)

  const make = async (submission: Submission): Promise<Submitted> => {
    const { tenant, task, pool, waiting, place, common, arrivedAt } = submission
    if (common.deadlineMs !== undefined) place.check(common.deadlineMs)
    const startedAt = clock.monotonic()
    const stored = await pictures.store(tenant, place.jobId, submission.pictures)
    const storedAt = clock.monotonic()
    metrics.hop('store', task, storedAt - startedAt)
    const { job, kind } = await commit(submission, stored, {
      ...(arrivedAt !== undefined && { admitMs: startedAt - arrivedAt }),
      storeMs: storedAt - startedAt,
      insertMs: () => clock.monotonic() - storedAt,
    })
    const committedAt = clock.monotonic()
    metrics.hop('insert', task, committedAt - storedAt)
    const waiter = waiting ? completions.wait(job.id) : undefined
    if (kind === 'inserted') {
      metrics.count('jobs_submitted', { task })
      place.keep()
      if (waiting) local.submitted(job.id, tenant, pool)
      offer(job, submission, committedAt - storedAt)
    } else place.giveBack()
    return { job, joined: kind === 'joined', waiter, committedAt }
  }

  const join: SubmitJob['join'] = async (submission) => {
    const { tenant, idempotencyKey, waiting } = submission
    if (idempotencyKey === undefined) return undefined
    const prints = printsOf(submission.pictures)
    const job = await jobs.join({ tenant, idempotencyKey, fingerprint: fingerprint(submission, prints) })
    if (!job) return undefined
    const waiter = waiting ? completions.wait(job.id) : undefined
    return { job, joined: true, waiter, committedAt: clock.monotonic() }
  }

  return {
    join,
    async submit(submission) {
      try {
        return await make(submission)
      } catch (error) {
        const joined = isUploadGone(error) ? await join(submission) : undefined
        if (!joined) throw error
        submission.place.giveBack()
        return joined
      }
    },
  }
}
