import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { OUTCOMES, type Signal } from '../../infra/domain/scaling.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { DecisionStore, Look } from '../../infra/ports/decision-store.ts'
import { SPAN_WEIGHT } from '../limit-keys.ts'
import { countOf } from '../pool-status.ts'
import { type PoolOf, PoolParams, type PoolRequest } from './pool-names.ts'
import { spanOf, spanQuery } from './span.ts'

const HOUR_MS = 3_600_000
const SPAN = { defaultMs: 3 * HOUR_MS, maxMs: 7 * 24 * HOUR_MS }
/** No screen has more columns to draw them in. */
const MAX_POINTS = 1_500

const Query = spanQuery('three hours')
const Known = (description: string) =>
  nullable(Type.Number({ minimum: 0, description: `${description}; null = unknown` }))

const PointSchema = strict({
  at: Type.String({ format: 'date-time' }),
  decisionId: Type.String(),
  outcome: words(OUTCOMES),
  from: Type.Integer({ minimum: 0 }),
  to: Type.Integer({ minimum: 0, description: 'nodes that were decided on' }),
  changed: Type.Boolean(),
  reason: nullable(Type.String({ description: 'of the last thing that moved the count; null = nothing did' })),
  asked: Known('nodes asked for'),
  placed: Known('of them in a place'),
  running: Known('of them running'),
  ready: Known('workers that take jobs'),
  waiting: Known('jobs that no worker has yet'),
  ageSeconds: Known('how long the oldest of them has been there'),
  rate: Known('checks a second that callers wanted, refused ones included'),
  capacityPerNode: Type.Number({ description: 'checks a second of one node' }),
  forecast: nullable(
    strict(
      {
        expected: Type.Number({ description: 'checks a second' }),
        low: Type.Number(),
        high: Type.Number({ description: 'the count was for this one' }),
        for: Type.String({ format: 'date-time', description: 'the instant it was for' }),
      },
      { description: 'null = there was none' },
    ),
  ),
  bounds: strict({ min: Type.Integer(), max: Type.Integer() }),
})

/** A look as a chart draws it. Members are added, never renamed. */
export const HistorySchema = strict({
  points: Type.Array(PointSchema, {
    description: `oldest first, ${MAX_POINTS} at most: of quiet looks every n-th is left out before a change is`,
  }),
})

const instant = (epochMs: number): string => new Date(epochMs).toISOString()
const secondsOf = (signal: Signal | undefined): number | null => (signal ? signal.value / 1_000 : null)

/** A look as a chart draws it. */
export const toPoint = ({ id, at, from, to, outcome, reason, measurement, forecast, bounds }: Look) => ({
  ...{ at: instant(at), decisionId: id, outcome, from, to, changed: from !== to, reason },
  asked: countOf(measurement.asked),
  placed: countOf(measurement.placed),
  running: countOf(measurement.running),
  ready: countOf(measurement.readyWorkers),
  waiting: countOf(measurement.waiting),
  ageSeconds: secondsOf(measurement.oldestMs),
  rate: countOf(measurement.rate),
  capacityPerNode: measurement.capacityPerNode,
  forecast: forecast
    ? {
        ...{ expected: forecast.expected, low: forecast.low, high: forecast.high },
        for: instant(at + forecast.horizonMs),
      }
    : null,
  bounds,
})

/** What the route needs. */
export interface HistoryDeps {
  readonly decisions: Pick<DecisionStore, 'looks'>
  readonly poolOf: PoolOf
  readonly clock: Pick<Clock, 'now'>
}

/** How a pool fared: what each look saw and what was made of it, for charts. */
export const addHistory = (app: FastifyInstance, { decisions, poolOf, clock }: HistoryDeps): void => {
  app.get('/v1/pools/:pool/history', {
    config: { access: 'fleet:read', weight: SPAN_WEIGHT },
    schema: {
      operationId: 'get-history',
      tags: ['pools'],
      summary: 'How a pool fared: its looks, for a chart',
      description: 'Of a week at most.',
      params: PoolParams,
      querystring: Query,
      response: { 200: answer('The looks', HistorySchema), ...problems('INVALID_REQUEST', 'POOL_NOT_FOUND') },
    },
    handler: async (request: PoolRequest) => {
      const pool = poolOf(request)
      const span = spanOf(request.query as Static<typeof Query>, SPAN, clock.now())
      const looks = await decisions.looks({ pool, ...span, limit: MAX_POINTS })
      return { points: looks.map(toPoint) }
    },
  })
}
