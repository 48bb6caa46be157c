import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { JobNotFoundError } from '../../infra/domain/errors.ts'
import { isFinal, type Job } from '../../infra/domain/job.ts'
import { reachesTask } from '../../infra/http/permissions.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { JobStore } from '../../infra/ports/job-store.ts'
import type { AwaitJob } from '../await-job.ts'
import type { CancelJob } from '../cancel-job.ts'
import type { Completions } from '../completions.ts'
import type { Erase } from '../erase-job.ts'
import { goneSignal } from '../gone.ts'
import { type AnswerJob, refuseErased } from '../job-answer.ts'
import { MAX_WAIT_SECONDS, parsePrefer } from '../prefer.ts'
import { RECEIPT_HEADERS, ReceiptSchema, sendReceipt } from './erasures.ts'
import type { TaskDefinition } from './task-definition.ts'

/** What the routes of jobs need. */
export interface JobsDeps {
  readonly jobs: Pick<JobStore, 'find'>
  readonly cancelJob: CancelJob
  readonly completions: Completions
  readonly awaitJob: AwaitJob
  readonly erase: Pick<Erase, 'job'>
  readonly answerJob: AnswerJob
  readonly audit: AuditLog
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const Params = Type.Object({ id: Type.String({ description: 'of the job' }) })
const GetHeaders = Type.Object({
  prefer: Type.Optional(
    Type.String({
      description: `\`wait=N\`: hold the answer until the job is over, up to N seconds (at most ${MAX_WAIT_SECONDS})`,
    }),
  ),
})

type JobRequest = FastifyRequest<{ Params: { id: string } }>

/** @throws JobNotFoundError for what cannot be an id: a job of that name does not exist, and the database need not say so */
const idOf = ({ params: { id } }: JobRequest): string => {
  if (!UUID.test(id)) throw new JobNotFoundError(id)
  return id
}

/** A result that is read is on the trail before it is told. */
const noteRead = async (audit: AuditLog, request: FastifyRequest, { id, task, result }: Job): Promise<void> => {
  if (result === null) return
  const { keyId: actor, tenant } = principalOf(request)
  const event = { actor, channel: 'api', tenant, target: id, requestId: request.id } as const
  await audit.record({ ...event, action: 'sensitive_read', details: { task } })
}

const visible = (job: Job | undefined, id: string): Job => {
  if (!job) throw new JobNotFoundError(id)
  refuseErased(job)
  return job
}

const waitMsOf = ({ headers: { prefer } }: FastifyRequest): number => {
  const { waitSeconds = 0 } = parsePrefer(typeof prefer === 'string' ? prefer : undefined)
  return Math.min(waitSeconds, MAX_WAIT_SECONDS) * 1000
}

/** A key that is limited to other tasks does not know the job. Without a limit nothing is asked. @throws JobNotFoundError */
const mustReach = async (request: FastifyRequest, id: string, { jobs }: Pick<JobsDeps, 'jobs'>): Promise<void> => {
  const principal = principalOf(request)
  if (principal.scopes.length === 0) return
  const job = await jobs.find(principal.tenant, id)
  if (!job || !reachesTask(principal, job.task)) throw new JobNotFoundError(id)
}

/** Take a job back. A second call says the same as the first: a retry must not look like a failure. */
const addCancel = (
  app: FastifyInstance,
  { jobs, cancelJob, completions, awaitJob, answerJob }: JobsDeps,
  AnyJob: TSchema,
): void => {
  app.post('/v1/jobs/:id/cancel', {
    config: { access: 'jobs:cancel' },
    schema: {
      tags: ['jobs'],
      params: Params,
      operationId: 'cancel-job',
      summary: 'Stop a job',
      description:
        'Stops a job that is queued or running. It is never tried again, and an outcome a worker may still come up with is dropped.',
      headers: GetHeaders,
      response: {
        200: answer('The job, canceled', AnyJob),
        202: answer('The job, `canceling`: a worker still has it and lets go of it soon', AnyJob, {
          location: Type.String({ description: 'the job' }),
          'retry-after': Type.String({ description: 'seconds to wait before looking at the job' }),
        }),
        ...problems('JOB_NOT_FOUND', 'JOB_FINISHED'),
      },
    },
    handler: async (request: JobRequest, reply) => {
      const id = idOf(request)
      const waitMs = waitMsOf(request)
      const waiter = completions.wait(id)
      try {
        await mustReach(request, id, { jobs })
        const canceled = await cancelJob(principalOf(request).tenant, id)
        if (canceled.kind === 'missing') throw new JobNotFoundError(id)
        if (canceled.kind === 'final' && canceled.job.state !== 'canceled')
          throw new RequestError('JOB_FINISHED', 'the job had ended before')
        const job = visible(canceled.job, id)
        if (waitMs === 0 || isFinal(job.state)) return answerJob.send(reply, { job, submitted: true })
        reply.header('preference-applied', `wait=${waitMs / 1000}`)
        const awaited = await awaitJob({ job, waiter, waitMs, signal: goneSignal(reply) })
        return answerJob.send(reply, { job: awaited.job, submitted: true })
      } finally {
        waiter.leave()
      }
    },
  })
}

const addLook = (
  app: FastifyInstance,
  { jobs, completions, awaitJob, answerJob, audit }: JobsDeps,
  AnyJob: TSchema,
): void => {
  app.get('/v1/jobs/:id', {
    config: { access: 'jobs:read' },
    schema: {
      tags: ['jobs'],
      params: Params,
      operationId: 'get-job',
      summary: 'Look at a job',
      headers: GetHeaders,
      response: {
        200: answer('The job as it is now', AnyJob, {
          'retry-after': Type.String({
            description: 'seconds to wait before looking again; absent once the job is over',
          }),
          'preference-applied': Type.String({ description: 'the preference that was followed, where one was given' }),
        }),
        ...problems('JOB_NOT_FOUND', 'JOB_ERASED'),
      },
    },
    handler: async (request: JobRequest, reply) => {
      const principal = principalOf(request)
      const id = idOf(request)
      const waitMs = waitMsOf(request)
      // Registered before the look, so that a job which ends just after it still wakes this caller.
      const waiter = completions.wait(id)
      try {
        const found = await jobs.find(principal.tenant, id)
        const job = visible(found && reachesTask(principal, found.task) ? found : undefined, id)
        if (waitMs === 0 || isFinal(job.state)) {
          await noteRead(audit, request, job)
          return answerJob.send(reply, { job })
        }
        reply.header('preference-applied', `wait=${waitMs / 1000}`)
        const awaited = await awaitJob({ job, waiter, waitMs, signal: goneSignal(reply) })
        await noteRead(audit, request, awaited.job)
        return answerJob.send(reply, { job: awaited.job })
      } finally {
        waiter.leave()
      }
    },
  })
}

const addErase = (app: FastifyInstance, { jobs, erase, audit }: JobsDeps): void => {
  app.delete('/v1/jobs/:id', {
    config: { access: 'jobs:erase' },
    schema: {
      tags: ['jobs'],
      params: Params,
      operationId: 'erase-job',
      summary: 'Erase a job',
      description:
        'Deletes its pictures and its result for good, and ends it where it is not over. What stays is the record that there was a job.',
      response: {
        204: { type: 'null', description: 'Erased', headers: { location: RECEIPT_HEADERS.location } },
        202: answer(
          'Under way: the result is gone, the pictures cannot be opened any more',
          ReceiptSchema,
          RECEIPT_HEADERS,
        ),
        ...problems('JOB_NOT_FOUND', 'LEGAL_HOLD'),
      },
    },
    handler: async (request: JobRequest, reply) => {
      const id = idOf(request)
      request.muster.jobId = id
      await mustReach(request, id, { jobs })
      const { keyId: actor, tenant } = principalOf(request)
      const event = { actor, channel: 'api', tenant, target: id, requestId: request.id } as const
      await audit.record({ ...event, action: 'sensitive_delete' })
      return sendReceipt(reply, await erase.job(tenant, id), 204)
    },
  })
}

/** Look at a job, cancel it, erase it. A job of another tenant is a job that does not exist. */
export const addJobs = (app: FastifyInstance, deps: JobsDeps, definitions: readonly TaskDefinition[]): void => {
  const AnyJob = Type.Unsafe<unknown>({ oneOf: definitions.map(({ task }) => deps.answerJob.schemaOf(task)) })
  addLook(app, deps, AnyJob)
  addCancel(app, deps, AnyJob)
  addErase(app, deps)
}
