import Type, { type TSchema } from 'typebox'
import { JOB_STATES, type Job, type Timings } from '../infra/domain/job.ts'
import { LANES } from '../infra/domain/task.ts'
import { nullable, strict, words } from '../infra/http/schema.ts'
import { JobErrorSchema } from './result-schemas.ts'

const Instant = Type.String({ format: 'date-time' })

const milliseconds = (description: string) => Type.Optional(Type.Number({ minimum: 0, description }))

const TimingsSchema = strict(
  {
    admitMs: milliseconds('from the arrival of the request until its pictures began to be stored'),
    storeMs: milliseconds('checking and storing the pictures'),
    insertMs: milliseconds('waiting to be written to the database'),
    queueMs: milliseconds('waiting for a worker'),
    commitMs: milliseconds('of `queueMs`: until the job was committed'),
    claimMs: milliseconds('a worker taking the job: the last of `queueMs` and the first of `runMs`'),
    runMs: milliseconds('all of the work'),
    workMs: milliseconds('of `runMs`: from having the job to having its outcome, of which the last four are parts'),
    writeMs: milliseconds('of `runMs`: the outcome waiting to be written'),
    fetchMs: milliseconds('reading the pictures'),
    decodeMs: milliseconds('decoding them'),
    batchWaitMs: milliseconds('waiting for company in a batch'),
    inferMs: milliseconds('running the model'),
    replyMs: milliseconds('from the end of the work to this answer'),
    cancelMs: milliseconds('of a canceled job: from the wish to cancel it until no worker had it any more'),
  },
  { description: 'where the time went; a stage that did not happen is absent' },
)

/** One model that took part in a decision. */
export const ModelSchema = strict({
  name: Type.String(),
  version: Type.String({ description: 'semantic version' }),
  digest: Type.String({ description: '`sha256:` and the hex digest of the model file' }),
})

/**
 * The job as callers see it.
 * @param result schema of the task's result
 */
export const jobSchema = (task: string, result: TSchema & { type: string }, example?: unknown) =>
  strict(
    {
      id: Type.String({ description: 'UUIDv7' }),
      task: words([task]),
      status: words(
        JOB_STATES,
        'the last four are final; a negative decision has `succeeded`; what is `canceling` can only become `canceled`',
      ),
      lane: words(LANES, 'which half of the queue: somebody waits for `interactive`'),
      result: nullable(result),
      error: nullable(JobErrorSchema),
      models: Type.Array(ModelSchema, { description: 'what decided' }),
      thresholdSet: nullable(
        Type.String({ description: 'the thresholds it was decided with; `/v1/threshold-sets/{digest}` says which' }),
      ),
      attempts: Type.Integer({ minimum: 0, description: 'starts so far' }),
      createdAt: Instant,
      startedAt: nullable(Instant),
      finishedAt: nullable(Instant),
      deadline: Instant,
      timings: TimingsSchema,
    },
    example === undefined ? {} : { examples: [example] },
  )

const instant = (epochMs: number): string => new Date(epochMs).toISOString()
const instantOrNull = (epochMs: number | null): string | null => (epochMs === null ? null : instant(epochMs))

/** A microsecond is finer than any clock here. */
const rounded = (timings: Timings): Timings =>
  Object.fromEntries(Object.entries(timings).map(([name, ms]) => [name, Math.round(ms * 1000) / 1000]))

/** Timings with those filled in that the row's instants tell. All are by one clock, the database's. */
const timingsOf = ({ timings, createdAt, startedAt, finishedAt }: Job): Timings => ({
  ...(startedAt !== null && { queueMs: Math.max(0, startedAt - createdAt) }),
  ...(startedAt !== null && finishedAt !== null && { runMs: Math.max(0, finishedAt - startedAt) }),
  ...timings,
})

/**
 * How long an outcome took on its way back: what the other stages leave of the wait. Durations only: the clocks of two
 * machines are never compared.
 * @param waitedMs from the row's commit to now
 */
export const replyMsOf = (job: Job, waitedMs: number): number => {
  const { commitMs = 0, queueMs = 0, runMs = 0 } = timingsOf(job)
  // The queue's time begins with the row, the wait with its commit.
  return Math.max(0, waitedMs - Math.max(0, queueMs - commitMs) - runMs)
}

/**
 * The job as callers see it: no tenant, no picture keys.
 * @param replyMs of the request that made the job and waited for it
 */
export const toJobResource = (job: Job, replyMs?: number) => {
  const timings = timingsOf(job)
  return {
    id: job.id,
    task: job.task,
    status: job.state,
    lane: job.lane,
    result: job.result,
    error: job.error,
    models: job.models,
    // A cache may still hold the job of a worker that tells none.
    thresholdSet: job.thresholdSet ?? null,
    attempts: job.attempt,
    createdAt: instant(job.createdAt),
    startedAt: instantOrNull(job.startedAt),
    finishedAt: instantOrNull(job.finishedAt),
    deadline: instant(job.deadline),
    timings: rounded(replyMs === undefined ? timings : { ...timings, replyMs }),
  }
}

/** A job on its way to a caller. */
export type JobResource = ReturnType<typeof toJobResource>

/** The stations of the `server-timing` header, in order. @source W3C Server Timing */
export const serverTimingOf = ({ storeMs, queueMs, runMs, replyMs }: Timings): string =>
  Object.entries({ store: storeMs, queue: queueMs, run: runMs, reply: replyMs })
    .flatMap(([name, ms]) => (ms === undefined ? [] : [`${name};dur=${ms.toFixed(1)}`]))
    .join(', ')
