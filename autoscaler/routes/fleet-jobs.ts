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
      hop: words(
        JOB_HOPS,
        '`queue`: also its publish, and attempts before the last one; `run`: in a worker’s hand, which did not tell its hops (yet); `unknown`: nothing accounts for it',
      ),
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

/** A page asks for a job that is not over every two seconds: an entry tells of all that somebody saw of it in this time. */
const SAME_LOOK_MS = 600_000
/** Bounds the memory that many looks can take: of the oldest there is one entry more. */
const MAX_NOTED = 1_000

/** Writes on the trail that a key looked at a job, before it is told anything. @throws UnavailableError */
const createNote = ({ audit, clock }: Pick<FleetJobsDeps, 'audit' | 'clock'>) => {
  const noted = new Map<string, number>()
  return async (actor: string, { id, tenant, task }: FleetJob, requestId: string): Promise<void> => {
    const key = `${actor} ${id}`
    if (clock.monotonic() < (noted.get(key) ?? Number.NEGATIVE_INFINITY)) return
    const details = { task, what: 'how the job fared' }
    await audit.record({ actor, channel: 'api', action: 'sensitive_read', tenant, target: id, details, requestId })
    noted.delete(key)
    const [oldest] = noted.size >= MAX_NOTED ? noted.keys() : []
    if (oldest !== undefined) noted.delete(oldest)
    noted.set(key, clock.monotonic() + SAME_LOOK_MS)
  }
}

/** What the route needs. */
export interface FleetJobsDeps {
  readonly fleetJobs: FleetJobs
  readonly audit: AuditLog
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
}

/** How a job of any tenant fared, for whoever runs the installation: never what it was about. */
export const addFleetJobs = (app: FastifyInstance, { fleetJobs, audit, clock }: FleetJobsDeps): void => {
  const note = createNote({ audit, clock })
  app.get('/v1/fleet/jobs/:id', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'get-fleet-job',
      tags: ['console'],
      summary: 'How a job of any tenant fared, and where its time went',
      description:
        'Without its pictures, options and result. That somebody looked is on the audit trail, once in ten minutes.',
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
      await note(principal.keyId, job, request.id)
      return toResource(job, clock.now())
    },
  })
}
