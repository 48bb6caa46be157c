import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { strict } from '../../infra/http/schema.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { DemandStore } from '../../infra/ports/demand-store.ts'
import { SPAN_WEIGHT } from '../limit-keys.ts'
import { type PoolOf, PoolParams, type PoolRequest } from './pool-names.ts'

const HOUR_MS = 3_600_000
const DEFAULT_SPAN_MS = 3 * HOUR_MS
/** A week by the minute is a megabyte: enough for a chart, and no burden. */
const MAX_SPAN_MS = 7 * 24 * HOUR_MS

const Query = Type.Object({
  since: Type.Optional(Type.String({ format: 'date-time', description: 'three hours before `until` unless told' })),
  until: Type.Optional(Type.String({ format: 'date-time', description: 'now unless told' })),
})
const Count = Type.Integer({ minimum: 0 })
const DemandSchema = strict({
  minutes: Type.Array(
    strict({
      minute: Type.String({ format: 'date-time', description: 'its start' }),
      offered: Type.Integer({ minimum: 0, description: 'checks that callers wanted, refused ones included' }),
      refused: Count,
    }),
    { description: 'oldest first; a minute in which nobody wanted anything is missing' },
  ),
})

/** What the route needs. */
export interface DemandDeps {
  readonly demand: Pick<DemandStore, 'minutes'>
  readonly poolOf: PoolOf
  readonly clock: Pick<Clock, 'now'>
}

/** What callers wanted of a pool, by the minute. */
export const addDemand = (app: FastifyInstance, { demand, poolOf, clock }: DemandDeps): void => {
  app.get('/v1/pools/:pool/demand', {
    config: { access: 'fleet:read', weight: SPAN_WEIGHT },
    schema: {
      operationId: 'get-demand',
      tags: ['pools'],
      summary: 'What callers wanted of a pool, by the minute',
      description: 'Of a week at most.',
      params: PoolParams,
      querystring: Query,
      response: { 200: answer('The minutes', DemandSchema), ...problems('INVALID_REQUEST', 'POOL_NOT_FOUND') },
    },
    handler: async (request: PoolRequest) => {
      const pool = poolOf(request)
      const query = request.query as Static<typeof Query>
      const until = query.until === undefined ? clock.now() : Date.parse(query.until)
      const since = query.since === undefined ? until - DEFAULT_SPAN_MS : Date.parse(query.since)
      if (!(since < until && until - since <= MAX_SPAN_MS))
        throw new RequestError('INVALID_REQUEST', 'since must be before until, by a week at most', {
          faults: [{ pointer: '/since', detail: 'must be before until, by a week at most' }],
        })
      const minutes = await demand.minutes(pool, since, until)
      return {
        minutes: minutes.map(({ minute, offeredCount, refusedCount }) => ({
          minute: new Date(minute).toISOString(),
          offered: offeredCount,
          refused: refusedCount,
        })),
      }
    },
  })
}
