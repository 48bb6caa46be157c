import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { JobNotFoundError } from '../../infra/domain/errors.ts'
import { isFinal, JOB_STATES } from '../../infra/domain/job.ts'
import { LANES, TASK_NAMES } from '../../infra/domain/task.ts'
import { reachesTask } from '../../infra/http/permissions.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { FleetJob, FleetJobs } from '../../infra/ports/fleet-jobs.ts'
import { JOB_HOPS, jobHops } from '../job-hops.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const Params = Type.Object({ id: Type.String({ description: 'of the job' }) })
type JobRequest = FastifyRequest<{ Params: { id: string } }>

const Instant = Type.String({ format: 'date-time' })
const Ms = Type.Number({ minimum: 0 })

const FleetJobSchema = strict({
  id: Type.String(),
  tenant: Type.String(),
  task: words(TASK_NAMES),
  lane: words(LANES),
  status: words(JOB_STATES),
  over: Type.Boolean({ description: 'it will not change any more' }),
  attempts: Type.Integer({ minimum: 0, description: 'starts so far' }),
  error: nullable(
    strict(
      { code: Type.String(), fault: words(['caller', 'service']) },
      { description: 'null = it has none, or it was erased' },
    ),
  ),
  models: Type.Array(strict({ name: Type.String(), version: Type.String(), digest: Type.String() })),
  thresholdSet: nullable(Type.String({ description: 'digest of the thresholds it was decided with' })),
  createdAt: Instant,
  startedAt: nullable(Instant),
  finishedAt: nullable(Instant),
  deadline: Instant,
  erased: Type.Boolean({ description: 'its pictures and its result are gone' }),
  hops: Type.Array(
    strict({
      hop: words(JOB_HOPS, '`queue`: also attempts before the last one; `unknown`: nothing accounts for it'),
      startMs: Ms,
      durationMs: Ms,
    }),
    { description: 'where the time went, until now where it is not over' },
  ),
})

const instantOrNull = (epochMs: number | null): string | null =>
  epochMs === null ? null : new Date(epochMs).toISOString()

const toResource = (job: FleetJob, now: number) => ({
  ...{ id: job.id, tenant: job.tenant, task: job.task, lane: job.lane, status: job.state, over: isFinal(job.state) },
  ...{ attempts: job.attempt, error: job.error, models: job.models, thresholdSet: job.thresholdSet },
  createdAt: new Date(job.createdAt).toISOString(),
  startedAt: instantOrNull(job.startedAt),
  finishedAt: instantOrNull(job.finishedAt),
  deadline: new Date(job.deadline).toISOString(),
  erased: job.erasedAt !== null,
  hops: jobHops(job, now),
})

/** What the route needs. */
export interface FleetJobsDeps {
  readonly fleetJobs: FleetJobs
  readonly audit: AuditLog
  readonly clock: Pick<Clock, 'now'>
}

/** How a job of any tenant fared, for whoever runs the installation: never what it was about. */
export const addFleetJobs = (app: FastifyInstance, { fleetJobs, audit, clock }: FleetJobsDeps): void => {
  app.get('/v1/fleet/jobs/:id', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'get-fleet-job',
      tags: ['console'],
      summary: 'How a job of any tenant fared, and where its time went',
      description: 'Without its pictures, options and result. That somebody looked is on the audit trail.',
      params: Params,
      response: { 200: answer('The job', FleetJobSchema), ...problems('JOB_NOT_FOUND') },
    },
    handler: async (request: JobRequest) => {
      const { id } = request.params
      const principal = principalOf(request)
      // What cannot be an id is none, and the database need not say so.
      const job = UUID.test(id) ? await fleetJobs.find(id) : undefined
      if (!job || !reachesTask(principal, job.task)) throw new JobNotFoundError(id)
      request.muster.jobId = id
      const event = { actor: principal.keyId, channel: 'api', tenant: job.tenant, target: id } as const
      const details = { task: job.task, what: 'how the job fared' }
      await audit.record({ ...event, action: 'sensitive_read', details, requestId: request.id })
      return toResource(job, clock.now())
    },
  })
}
