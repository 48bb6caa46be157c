import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { JobNotFoundError } from '../../infra/domain/errors.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { problems } from '../../infra/http/responses.ts'
import { PRINTABLE, strict } from '../../infra/http/schema.ts'
import type { JobStore } from '../../infra/ports/job-store.ts'
import type { HeldThing, HoldActor, ManageHolds } from '../manage-holds.ts'
import { SubjectParams } from './subjects.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const JobParams = Type.Object({ id: Type.String({ description: 'of the job' }) })
const HoldBody = strict({
  reason: Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: PRINTABLE,
    description: 'why, for the audit trail: the number of a case, not a name',
  }),
})
const BODY = { content: { 'application/json': { schema: HoldBody } } }
const BODY_PROBLEMS = ['INVALID_REQUEST', 'MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const
const held = { 204: { type: 'null', description: 'Held' } }
const lifted = {
  204: { type: 'null', description: 'Lifted, or there was none; what was due or asked for meanwhile is done now' },
}

const actorOf = (request: FastifyRequest): HoldActor => ({
  actor: principalOf(request).keyId,
  channel: 'api',
  requestId: request.id,
})

const reasonOf = (request: FastifyRequest): string => {
  const { reason } = (request.body ?? {}) as { readonly reason?: string }
  if (reason === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
  return reason
}

/** @throws JobNotFoundError for what cannot be an id */
const jobOf = ({ params }: FastifyRequest): { readonly jobId: string } => {
  const { id } = params as { readonly id: string }
  if (!UUID.test(id)) throw new JobNotFoundError(id)
  return { jobId: id }
}

const subjectOf = ({ params }: FastifyRequest): HeldThing => params as { readonly subject: string }

const addJobHolds = (app: FastifyInstance, holds: ManageHolds, jobs: Pick<JobStore, 'find'>): void => {
  const common = { config: { access: 'holds:manage' as const } }
  const schema = { tags: ['erasures'], params: JobParams }
  app.post('/v1/jobs/:id/hold', {
    ...common,
    schema: {
      ...schema,
      operationId: 'hold-job',
      summary: 'Keep a job, whatever happens',
      description:
        'A legal hold: the job, its pictures and its result stay after their time, and erasing it answers 409, until the hold is lifted. Placed again it takes the new reason.',
      body: BODY,
      response: { ...held, ...problems(...BODY_PROBLEMS, 'JOB_NOT_FOUND', 'JOB_ERASED') },
    },
    handler: async (request, reply) => {
      const what = jobOf(request)
      const kind = await holds.place(actorOf(request), principalOf(request).tenant, what, reasonOf(request))
      if (kind === 'missing') throw new JobNotFoundError(what.jobId)
      if (kind === 'erased') throw new RequestError('JOB_ERASED', 'the job was erased')
      return reply.code(204).send()
    },
  })
  app.delete('/v1/jobs/:id/hold', {
    ...common,
    schema: {
      ...schema,
      operationId: 'lift-job-hold',
      summary: 'Lift the hold on a job',
      response: { ...lifted, ...problems('JOB_NOT_FOUND') },
    },
    handler: async (request, reply) => {
      const what = jobOf(request)
      const { tenant } = principalOf(request)
      const was = await holds.lift(actorOf(request), tenant, what)
      if (!was && !(await jobs.find(tenant, what.jobId))) throw new JobNotFoundError(what.jobId)
      return reply.code(204).send()
    },
  })
}

const addSubjectHolds = (app: FastifyInstance, holds: ManageHolds): void => {
  const common = { config: { access: 'holds:manage' as const } }
  const schema = { tags: ['erasures'], params: SubjectParams }
  app.post('/v1/subjects/:subject/hold', {
    ...common,
    schema: {
      ...schema,
      operationId: 'hold-subject',
      summary: 'Keep everything about a person, whatever happens',
      description:
        'A legal hold on every job that was submitted with this `subject`, and on those to come. Placed again it takes the new reason.',
      body: BODY,
      response: { ...held, ...problems(...BODY_PROBLEMS) },
    },
    handler: async (request, reply) => {
      await holds.place(actorOf(request), principalOf(request).tenant, subjectOf(request), reasonOf(request))
      return reply.code(204).send()
    },
  })
  app.delete('/v1/subjects/:subject/hold', {
    ...common,
    schema: {
      ...schema,
      operationId: 'lift-subject-hold',
      summary: 'Lift the hold on everything about a person',
      response: { ...lifted, ...problems('INVALID_REQUEST') },
    },
    handler: async (request, reply) => {
      await holds.lift(actorOf(request), principalOf(request).tenant, subjectOf(request))
      return reply.code(204).send()
    },
  })
}

/** Legal holds: what must be kept though its time is over or somebody asks for its erasure. */
export const addHolds = (app: FastifyInstance, holds: ManageHolds, jobs: Pick<JobStore, 'find'>): void => {
  addJobHolds(app, holds, jobs)
  addSubjectHolds(app, holds)
}
