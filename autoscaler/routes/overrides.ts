import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { OVERRIDE_KINDS } from '../../infra/domain/scaling.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { nullable, PRINTABLE, strict, words } from '../../infra/http/schema.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { OverrideStore } from '../../infra/ports/override-store.ts'
import type { OverrideOutcome, Overrides, Said } from '../overrides.ts'
import { commandOf, type OverrideBody, toRequestError } from './override-requests.ts'
import { OverrideSchema, toOverrideResource } from './override-resource.ts'
import { type PoolOf, PoolParams, type PoolRequest } from './pool-names.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200
const MAX_SENTENCE_LENGTH = 500

const Reason = Type.String({
  minLength: 1,
  maxLength: 300,
  pattern: PRINTABLE,
  description: 'for whoever wonders later',
})
const Body = strict(
  {
    kind: Type.Optional(words(OVERRIDE_KINDS)),
    count: Type.Optional(Type.Integer({ minimum: 0, description: 'of pin, floor and ceiling' })),
    for: Type.Optional(Type.String({ pattern: '^\\d{1,4}(m|h|d)$', description: '90m, 2h, 1d; 2h unless told' })),
    reason: Type.Optional(Reason),
    command: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_SENTENCE_LENGTH,
        description: 'instead of the others: the same sentence as on the command line and in Slack',
      }),
    ),
  },
  {
    minProperties: 1,
    examples: [
      { kind: 'pin', count: 50, for: '3h', reason: 'the campaign starts' },
      { command: 'floor face-match 12 for 90m because a partner goes live' },
    ],
  },
)

const Outcome = strict({
  kind: words(['holds', 'pending', 'released'], '`pending`: it holds once a second person has confirmed it'),
  override: nullable(OverrideSchema),
  released: Type.Array(OverrideSchema),
  lines: Type.Array(Type.String(), { description: 'all of it in words' }),
})

const ListQuery = Type.Object({
  limit: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: `1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT}` }),
  ),
})
const ReleaseQuery = Type.Object({
  reason: Type.Optional(
    Type.String({ ...Reason, description: 'as before 0.2: it stands in the log of every proxy, say it in the body' }),
  ),
})
const ReleaseBody = strict({ reason: Type.Optional(Reason) }, { examples: [{ reason: 'the campaign is over' }] })
const IdParams = Type.Object({ id: Type.String({ description: 'of the override' }) })

const STATUS = { holds: 201, pending: 202, released: 200 } as const satisfies Record<OverrideOutcome['kind'], number>

const saidBy = (request: FastifyRequest): Said => ({
  actor: principalOf(request).keyId,
  channel: 'api',
  requestId: request.id,
})

/** What the routes of overrides need. */
export interface OverridesDeps {
  readonly overrides: Pick<Overrides, 'run'>
  readonly overrideStore: Pick<OverrideStore, 'list'>
  readonly poolOf: PoolOf
  readonly clock: Pick<Clock, 'now'>
}

const toOutcome = ({ kind, override, released, lines }: OverrideOutcome, now: number) => ({
  kind,
  override: override ? toOverrideResource(override, now) : null,
  released: released.map((one) => toOverrideResource(one, now)),
  lines,
})

const tags = ['overrides']
const config = { access: 'fleet:override' } as const

const addListing = (app: FastifyInstance, { overrideStore, poolOf, clock }: OverridesDeps): void => {
  app.get('/v1/pools/:pool/overrides', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'list-overrides',
      tags,
      summary: 'What people said of a pool, newest first',
      params: PoolParams,
      querystring: ListQuery,
      response: {
        200: answer('The overrides, those that are over too', strict({ overrides: Type.Array(OverrideSchema) })),
        ...problems('INVALID_REQUEST', 'POOL_NOT_FOUND'),
      },
    },
    handler: async (request: PoolRequest) => {
      const { limit = DEFAULT_LIMIT } = request.query as Static<typeof ListQuery>
      const found = await overrideStore.list({
        pool: poolOf(request),
        limit: Math.min(Number(limit), MAX_LIMIT),
      })
      return { overrides: found.map((one) => toOverrideResource(one, clock.now())) }
    },
  })
}

const addSaying = (app: FastifyInstance, { overrides, poolOf, clock }: OverridesDeps): void => {
  app.post('/v1/pools/:pool/overrides', {
    config,
    schema: {
      operationId: 'create-override',
      tags,
      summary: 'Overrule the forecast for a while',
      description:
        'In members, or as one sentence. It has the last word within the bounds of the pool, until it expires, is released, or a newer one is said. One of more than 24 hours takes a second person.',
      params: PoolParams,
      body: { content: { 'application/json': { schema: Body } } },
      response: {
        200: answer('A sentence that released', Outcome),
        201: answer('It holds', Outcome),
        202: answer('It waits for a second person', Outcome),
        ...problems('COMMAND_INVALID', 'POOL_NOT_FOUND', 'COUNT_TOO_HIGH', ...BODY_PROBLEMS),
      },
    },
    handler: async (request: PoolRequest, reply) => {
      const pool = poolOf(request)
      const body = request.body as OverrideBody | undefined
      if (body === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
      const outcome = await overrides.run(commandOf(body, pool), saidBy(request))
      return reply.code(STATUS[outcome.kind]).send(toOutcome(outcome, clock.now()))
    },
  })

  app.delete('/v1/pools/:pool/overrides', {
    config: { ...config, bodyOptional: true },
    schema: {
      operationId: 'release-overrides',
      tags,
      summary: 'Let schedule and forecast decide again',
      description: 'Ends all that hold or wait for the pool. Where there is none, nothing happens.',
      params: PoolParams,
      querystring: ReleaseQuery,
      body: { content: { 'application/json': { schema: ReleaseBody } } },
      response: { 200: answer('What was released', Outcome), ...problems('POOL_NOT_FOUND', ...BODY_PROBLEMS) },
    },
    handler: async (request: PoolRequest) => {
      const asBefore = request.query as Static<typeof ReleaseQuery>
      const body = request.body as Static<typeof ReleaseBody> | undefined
      const reason = body?.reason ?? asBefore.reason ?? ''
      const command = { kind: 'release', pool: poolOf(request), reason } as const
      return toOutcome(await overrides.run(command, saidBy(request)), clock.now())
    },
  })
}

const addConfirming = (app: FastifyInstance, { overrides, clock }: OverridesDeps): void => {
  app.post('/v1/overrides/:id/confirm', {
    config,
    schema: {
      operationId: 'confirm-override',
      tags,
      summary: 'Confirm what somebody else asked for',
      params: IdParams,
      response: {
        200: answer('It holds', Outcome),
        ...problems('OVERRIDE_NOT_FOUND', 'SECOND_PERSON_NEEDED'),
      },
    },
    handler: async (request: FastifyRequest<{ Params: { id: string } }>) => {
      const outcome = await overrides.run({ kind: 'confirm', id: request.params.id }, saidBy(request))
      return toOutcome(outcome, clock.now())
    },
  })
}

/** What people say against the forecast. It is heard while the fleet and Slack are away: it is a row. */
export const addOverrides = (app: FastifyInstance, { overrides, ...deps }: OverridesDeps): void => {
  const run: Overrides['run'] = (said, by) =>
    overrides.run(said, by).catch((error: unknown) => {
      throw toRequestError(error)
    })
  addListing(app, { ...deps, overrides: { run } })
  addSaying(app, { ...deps, overrides: { run } })
  addConfirming(app, { ...deps, overrides: { run } })
}
