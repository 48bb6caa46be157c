import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { DRIFT_CUTS, DRIFT_LEVELS, type DriftEvaluation } from '../../infra/domain/drift-evaluation.ts'
import { TASK_NAMES, type TaskName } from '../../infra/domain/task.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { DriftStore } from '../../infra/ports/drift-store.ts'
import {
  createDriftReferences,
  type DriftReferences,
  ReferenceInvalidError,
  ReferenceNotFoundError,
} from '../drift/references.ts'
import { Reason } from './reason.ts'

const Instant = Type.String({ format: 'date-time' })
const Share = (description: string) => Type.Number({ description })
const Count = Type.Integer({ minimum: 0 })

const CutSchema = strict({
  by: words(DRIFT_CUTS),
  value: Type.String({ description: 'the tenant, the SDK (`js 1.2`, `other`, `none`) or the models that decided' }),
  psi: nullable(Type.Number({ description: 'its own index; null: there is nothing to compare it with' })),
  level: words(DRIFT_LEVELS),
  share: nullable(Type.Number({ description: 'its part of the index of all; may be negative' })),
  count: Count,
})

const SignalSchema = strict({
  task: words(TASK_NAMES),
  signal: Type.String({ description: 'for example `similarity`, `outcome`, `filled-birthDate`' }),
  psi: nullable(Type.Number({ description: 'population stability index of all jobs; null: too few to tell' })),
  level: words(DRIFT_LEVELS, 'the worst of all jobs together and of each cut'),
  windowHours: Type.Integer({ description: 'the present is so many whole hours' }),
  count: Count,
  referenceCount: Count,
  reference: strict({
    from: Instant,
    until: Instant,
    kind: words(['pinned', 'weeks', 'days'], '`days`: of models that are younger than a week'),
  }),
  why: Type.String(),
  cuts: Type.Array(CutSchema, { description: 'what moved most first; of 200 jobs and more' }),
  bins: Type.Array(
    strict({
      label: Type.String({ description: 'of numbers the lower edge' }),
      reference: Share('0..1; 0 where fewer than five jobs stand behind it'),
      present: Share('the same'),
    }),
  ),
})

const DriftSchema = strict({
  evaluatedAt: nullable(Type.String({ format: 'date-time', description: 'null: not yet' })),
  reference: nullable(strict({ from: Instant, until: Instant })),
  signals: Type.Array(SignalSchema),
})

const Query = Type.Object({
  task: Type.Optional(words(TASK_NAMES)),
  by: Type.Optional(words(DRIFT_CUTS, 'cuts of this kind only')),
})
const Params = Type.Object({ task: words(TASK_NAMES) })
type TaskRequest = FastifyRequest<{ Params: { task: TaskName } }>

const ReferenceBody = strict(
  {
    from: Instant,
    until: Instant,
    reason: Reason,
  },
  { examples: [{ from: '2026-11-02T00:00:00Z', until: '2026-11-09T00:00:00Z', reason: 'the app has a new camera' }] },
)
const ReferenceSchema = strict({
  ...{ task: words(TASK_NAMES), from: Instant, until: Instant, reason: Type.String() },
  ...{ setBy: Type.String(), setAt: Instant },
})

const iso = (at: number): string => new Date(at).toISOString()
const stretch = ({ from, until }: { readonly from: number; readonly until: number }) => ({
  from: iso(from),
  until: iso(until),
})

/** An evaluation as HTTP and `--json` show it. */
export const toDriftResource = (
  evaluation: DriftEvaluation | undefined,
  { task, by }: { readonly task?: string | undefined; readonly by?: string | undefined } = {},
) => {
  if (!evaluation) return { evaluatedAt: null, reference: null, signals: [] }
  const { evaluatedAt, reference, signals } = evaluation
  return {
    evaluatedAt: iso(evaluatedAt),
    reference: stretch(reference),
    signals: signals
      .filter((signal) => task === undefined || signal.task === task)
      .map((signal) => ({
        ...signal,
        reference: { ...stretch(signal.reference), kind: signal.reference.kind },
        cuts: signal.cuts.filter((cut) => by === undefined || cut.by === by),
      })),
  }
}

/** What the routes need. */
export interface DriftDeps {
  readonly drift: Pick<DriftStore, 'latest' | 'pins' | 'pin' | 'unpin'>
  readonly audit: AuditLog
  readonly clock: Pick<Clock, 'now'>
}

const inWords = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    if (error instanceof ReferenceInvalidError)
      throw new RequestError('INVALID_REQUEST', error.message, {
        faults: [{ pointer: '/from', detail: error.message }],
        cause: error,
      })
    if (error instanceof ReferenceNotFoundError) throw new RequestError('REFERENCE_NOT_FOUND', error.message)
    throw error
  })

const tags = ['drift']

const addReferences = (app: FastifyInstance, references: DriftReferences): void => {
  app.get('/v1/drift/references', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'list-drift-references',
      tags,
      summary: 'List the references that somebody has pinned',
      response: { 200: answer('The references', strict({ references: Type.Array(ReferenceSchema) })), ...problems() },
    },
    handler: async () => ({
      references: (await references.list()).map(({ setAt, ...pin }) => ({
        ...pin,
        ...stretch(pin),
        setAt: iso(setAt),
      })),
    }),
  })

  const config = { access: 'fleet:manage' } as const
  const saidBy = (request: FastifyRequest) =>
    ({ actor: principalOf(request).keyId, channel: 'api', requestId: request.id }) as const

  app.put('/v1/drift/references/:task', {
    config,
    schema: {
      operationId: 'put-drift-reference',
      tags,
      summary: 'Compare a task with this time from now on',
      description: 'After a change that is known and wanted, for example. Its hours are kept as long as it is pinned.',
      params: Params,
      body: { content: { 'application/json': { schema: ReferenceBody } } },
      response: { 204: { type: 'null', description: 'Pinned' }, ...problems(...BODY_PROBLEMS) },
    },
    handler: async (request: TaskRequest, reply) => {
      const body = request.body as Static<typeof ReferenceBody> | undefined
      if (body === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
      const { task } = request.params
      const times = { from: Date.parse(body.from), until: Date.parse(body.until) }
      await inWords(references.pin({ task, ...times, reason: body.reason }, saidBy(request)))
      return reply.code(204).send()
    },
  })

  app.delete('/v1/drift/references/:task', {
    config,
    schema: {
      operationId: 'remove-drift-reference',
      tags,
      summary: 'Compare a task with the weeks before again',
      params: Params,
      response: {
        204: { type: 'null', description: 'Removed' },
        ...problems('INVALID_REQUEST', 'REFERENCE_NOT_FOUND'),
      },
    },
    handler: async (request: TaskRequest, reply) => {
      await inWords(references.unpin(request.params.task, saidBy(request)))
      return reply.code(204).send()
    },
  })
}

/** Whether what comes in, and what models make of it, is still what it was. */
export const addDrift = (app: FastifyInstance, { drift, audit, clock }: DriftDeps): void => {
  app.get('/v1/drift', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'get-drift',
      tags,
      summary: 'Whether scores, qualities and outcomes are distributed as they were',
      description:
        'As of the last evaluation, which is made when an hour is over and when a reference is pinned. It names tenants: it is for keys of the installation only.',
      querystring: Query,
      response: { 200: answer('The signals', DriftSchema), ...problems('INVALID_REQUEST') },
    },
    handler: async (request) => toDriftResource(await drift.latest(), request.query as Static<typeof Query>),
  })
  addReferences(app, createDriftReferences({ store: drift, audit, clock }))
}
