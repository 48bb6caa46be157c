import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { DecisionStore } from '../../infra/ports/decision-store.ts'
import { DecisionSchema, toDecisionResource } from './decision-resource.ts'
import { type PoolOf, PoolParams, type PoolRequest } from './pool-names.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

const Instant = (description: string) => Type.String({ format: 'date-time', description })
/** Queries carry nothing but texts. */
const Query = Type.Object({
  before: Type.Optional(Instant('only what came before; `next` of the page before')),
  since: Type.Optional(Instant('not older than this')),
  changes: Type.Optional(words(['true', 'false'], '`true`: leave out looks that changed and wanted nothing')),
  limit: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: `1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT}` }),
  ),
})
const AtQuery = Type.Object({ time: Instant('the last decision at or before it is the one that held then') })

const PageSchema = strict({
  decisions: Type.Array(DecisionSchema),
  next: nullable(Type.String({ description: '`before` of the next page; null = this is the last' })),
})

/** What the routes of decisions need. */
export interface DecisionsDeps {
  readonly decisions: Pick<DecisionStore, 'list' | 'at'>
  readonly poolOf: PoolOf
}

/** Look at decisions: each with all that led to it, and in words. */
export const addDecisions = (app: FastifyInstance, { decisions, poolOf }: DecisionsDeps): void => {
  const config = { access: 'fleet:read' } as const
  const tags = ['pools']

  app.get('/v1/pools/:pool/decisions', {
    config,
    schema: {
      operationId: 'list-decisions',
      tags,
      summary: 'Why the pool has so many nodes: its decisions, newest first',
      params: PoolParams,
      querystring: Query,
      response: { 200: answer('A page of decisions', PageSchema), ...problems('INVALID_REQUEST', 'POOL_NOT_FOUND') },
    },
    handler: async (request: PoolRequest) => {
      const pool = poolOf(request)
      const { before, since, changes, limit = DEFAULT_LIMIT } = request.query as Static<typeof Query>
      const count = Math.min(Number(limit), MAX_LIMIT)
      const found = await decisions.list({
        pool,
        limit: count + 1,
        changesOnly: changes === 'true',
        ...(before !== undefined && { before: Date.parse(before) }),
        ...(since !== undefined && { since: Date.parse(since) }),
      })
      const shown = found.slice(0, count)
      const last = found.length > count ? shown.at(-1) : undefined
      return { decisions: shown.map(toDecisionResource), next: last ? new Date(last.at).toISOString() : null }
    },
  })

  app.get('/v1/pools/:pool/decisions/at', {
    config,
    schema: {
      operationId: 'get-decision-at',
      tags,
      summary: 'Why the pool had so many nodes at a certain time',
      params: PoolParams,
      querystring: AtQuery,
      response: {
        200: answer('The decision that held', DecisionSchema),
        ...problems('INVALID_REQUEST', 'POOL_NOT_FOUND', 'DECISION_NOT_FOUND'),
      },
    },
    handler: async (request: PoolRequest) => {
      const { time } = request.query as Static<typeof AtQuery>
      const found = await decisions.at(poolOf(request), Date.parse(time))
      if (!found) throw new RequestError('DECISION_NOT_FOUND', 'no decision of that time is kept')
      return toDecisionResource(found)
    },
  })
}
