import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isFinal } from '../../infra/domain/job.ts'
import type { Json } from '../../infra/domain/json.ts'
import { codeOf, PROBLEMS } from '../../infra/http/problem.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { toAppError } from '../../infra/http/request-errors.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { Tracer } from '../../infra/ports/tracer.ts'
import type { AwaitJob } from '../await-job.ts'
import type { AbandonJob } from '../cancel-job.ts'
import { COMMON_NAMES, commonOptionsOf } from '../common-options.ts'
import type { Demand } from '../demand.ts'
import { goneSignal } from '../gone.ts'
import { type AnswerJob, refuseErased } from '../job-answer.ts'
import { replyMsOf } from '../job-resource.ts'
import type { Waiting } from '../prefer.ts'
import { picturesOf, readForm, type SubmissionBody } from '../read-submission.ts'
import type { Submitted } from '../submit-job.ts'
import type { Webhooks } from '../webhooks/manage.ts'
import { refuseUrl } from '../webhooks/refuse-url.ts'
import { type CheckAnswers, createCheckAnswers } from './check-answers.ts'
import { createGate, type Gate, type GateDeps, type GateRules, type Unplaced } from './check-gate.ts'
import { idempotencyKeyOf, sdkOf, traceparentOf, waitingOf } from './check-headers.ts'
import { checkSchema } from './check-schema.ts'
import type { TaskDefinition } from './task-definition.ts'

/** What the routes of all checks need. */
export interface CheckDeps extends GateDeps {
  readonly awaitJob: AwaitJob
  readonly abandonJob: AbandonJob
  readonly answerJob: AnswerJob
  readonly webhooks: Pick<Webhooks, 'sender'>
  readonly demand: Demand
  readonly metrics: Metrics
  /** undefined = no spans */
  readonly tracer?: Tracer | undefined
  readonly clock: Clock
}

/** What holds for one check. */
export interface CheckRules extends Pick<GateRules, 'pool' | 'deadlineMs'> {
  readonly maxPictureBytes: number
}

/** Room for options, names and boundaries beside the pictures. */
const BESIDE_BYTES = 64 * 1024
const MAX_FIELD_BYTES = 2048
const MAX_PART_HEADERS = 20

/** Refused because there is too much of everything, or something is away: who is sent away so wanted a check. */
const FOR_NOW: ReadonlySet<number> = new Set([429, 503])

/** Base64 makes four bytes of three. */
const jsonLimit = (pictureCount: number, maxPictureBytes: number): number =>
  Math.ceil((maxPictureBytes * pictureCount * 4) / 3) + BESIDE_BYTES

/** What a form of this task may hold, by name. */
const namesOf = ({ pictures, options }: TaskDefinition): readonly string[] => [
  ...pictures,
  ...Object.keys(options),
  ...COMMON_NAMES,
]

const limitsOf = (definition: TaskDefinition, maxPictureBytes: number) => {
  const { length } = namesOf(definition)
  return {
    fileSize: maxPictureBytes,
    files: definition.pictures.length,
    fields: length,
    parts: length + 1,
    fieldSize: MAX_FIELD_BYTES,
    headerPairs: MAX_PART_HEADERS,
  }
}

/** Understands a request whose body is read and fits the schema. */
const createRead = (
  { task, pictures, options }: TaskDefinition,
  { webhooks, tracer }: Pick<CheckDeps, 'webhooks' | 'tracer'>,
  { pool, maxPictureBytes }: CheckRules,
) => {
  const optionsOf = (body: SubmissionBody): { [name: string]: Json } =>
    Object.fromEntries(Object.keys(options).flatMap((name) => (name in body ? [[name, body[name] as Json]] : [])))

  return (request: FastifyRequest, { lane, waitMs }: Waiting): Unplaced => {
    const { tenant } = principalOf(request)
    // A request without a content type has no body that a schema could have been applied to.
    const body = (request.body ?? {}) as SubmissionBody
    const idempotencyKey = idempotencyKeyOf(request)
    const common = commonOptionsOf(body)
    if (common.webhookUrl !== undefined) refuseUrl(webhooks.sender, common.webhookUrl, '/webhookUrl')
    const received = picturesOf(body, pictures, maxPictureBytes)
    const sdk = sdkOf(request)
    const what = { tenant, task, pool, lane, pictures: received, options: optionsOf(body), common, sdk }
    return {
      ...what,
      waiting: waitMs > 0,
      arrivedAt: request.muster.startedAt,
      idempotencyKey,
      traceparent: traceparentOf(request),
      trace: tracer?.active()?.context,
    }
  }
}

/** Answers a request once its body is read: makes the job, and waits for it where it is waited for. */
const createHandle = (
  { task }: TaskDefinition,
  { awaitJob, abandonJob, answerJob, demand, metrics, clock }: CheckDeps,
  {
    gate,
    read,
    pool,
    answers,
  }: { gate: Gate; read: ReturnType<typeof createRead>; pool: string; answers: Pick<CheckAnswers, 'job'> },
) => {
  const submit = (request: FastifyRequest, waiting: Waiting): Promise<Submitted> => {
    const submission = read(request, waiting)
    metrics.hop('admit', task, clock.monotonic() - request.muster.startedAt)
    return gate.submit(request, submission)
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const waiting = waitingOf(request)
    const { job, joined, waiter, committedAt } = await submit(request, waiting)
    request.muster.jobId = job.id
    if (!joined) demand.taken(pool)
    if (job.erasedAt !== null) waiter?.leave()
    refuseErased(job)
    if (joined && isFinal(job.state)) reply.header('idempotent-replayed', 'true')
    if (waiting.applied !== undefined) reply.header('preference-applied', waiting.applied)
    if (!waiter) {
      answers.job(request, job, false)
      return answerJob.send(reply, { job, submitted: true })
    }
    const gone = goneSignal(reply)
    const awaited = await awaitJob({ job, waiter, waitMs: waiting.waitMs, signal: gone })
    // A job that another request made is not this caller's to take along.
    if (gone.aborted && waiting.cancelOnDisconnect && awaited.kind === 'open' && !joined) await abandonJob(job)
    answers.job(request, awaited.job, true)
    // Another request made a joined job: the time since this one's insert says nothing about its stages.
    if (awaited.kind === 'open' || joined) return answerJob.send(reply, { job: awaited.job, submitted: true })
    const replyMs = replyMsOf(awaited.job, clock.monotonic() - committedAt)
    metrics.hop('reply', task, replyMs)
    return answerJob.send(reply, { job: awaited.job, submitted: true, replyMs })
  }
}

/** Offer one task: `POST /v1/<task>`. The same for all; what differs is in the definition. */
export const addCheck = (
  app: FastifyInstance,
  definition: TaskDefinition,
  deps: CheckDeps,
  rules: CheckRules,
): void => {
  const { task } = definition
  const { pool, maxPictureBytes, deadlineMs } = rules
  const { answerJob, demand, metrics } = deps
  const names = namesOf(definition)
  const limits = limitsOf(definition, maxPictureBytes)
  const bodyLimit = jsonLimit(definition.pictures.length, maxPictureBytes)
  const gate = createGate(deps, { pool, bodyLimit, deadlineMs })
  const read = createRead(definition, deps, rules)
  const answers = createCheckAnswers(task, deps)

  app.post(`/v1/${definition.path ?? task}`, {
    config: { access: 'checks:create', task },
    bodyLimit,
    schema: checkSchema(definition, answerJob),
    onRequest: gate.admit,
    preValidation: async (request) => {
      if (request.isMultipart()) request.body = await readForm(request.parts({ limits }), names)
    },
    onError: async (request, _reply, error) => {
      const code = codeOf(toAppError(error))
      metrics.count('jobs_refused', { task, reason: code.toLowerCase() })
      answers.error(request, error)
      if (request.muster.principal && FOR_NOW.has(PROBLEMS[code].status)) demand.refused(pool)
    },
    onResponse: async (request) => {
      gate.leave(request)
      answers.sent(request)
    },
    onRequestAbort: async (request) => gate.leave(request),
    handler: createHandle(definition, deps, { gate, read, pool, answers }),
  })
}
