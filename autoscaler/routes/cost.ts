import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import type { PoolCost } from '../../infra/cost/account.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict } from '../../infra/http/schema.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { FleetCost, ReckonCost } from '../fleet-cost.ts'
import { SPAN_WEIGHT } from '../limit-keys.ts'
import { spanOf, spanQuery } from './span.ts'

const DAY_MS = 86_400_000
const SPAN = { defaultMs: DAY_MS, maxMs: 7 * DAY_MS }
const Query = spanQuery('a day')

const Money = (description: string) =>
  nullable(Type.Number({ minimum: 0, description: `${description}; null = not known` }))
const Ratio = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

const Sums = {
  nodeHours: Type.Number({ minimum: 0 }),
  runCount: Type.Integer({ minimum: 0, description: 'checks that workers ran' }),
  cost: Money('of all of it, what was idle included'),
  perThousand: Money('of a thousand runs, what was idle included'),
  staticCost: Money('with the greatest count all the time'),
}
const CostSchema = strict({
  from: Type.String({ format: 'date-time', description: 'whole hours count' }),
  until: Type.String({ format: 'date-time' }),
  currency: nullable(Type.String({ description: 'null = no prices are configured' })),
  ...Sums,
  pools: Type.Array(
    strict({
      pool: Type.String(),
      ...Sums,
      usedRatio: Ratio('of the node time: workers were busy'),
      idleRatio: Ratio('of the node time: workers were there and had nothing in hand'),
      peakCount: Type.Integer({ minimum: 0, description: 'most nodes at once' }),
      observedHours: Type.Number({ minimum: 0, description: 'of the period, so much was looked at' }),
    }),
  ),
  notes: Type.Array(Type.String(), { description: 'what could not be measured' }),
})

type Sum = Pick<PoolCost, 'nodeHours' | 'runCount' | 'cost' | 'perThousand' | 'staticCost'>

/** Rounding may leave a hair more than the whole. */
const ratio = (value: number): number => Math.min(1, Math.max(0, value))

const toResource = ({ report, priced }: FleetCost) => {
  const sums = ({ nodeHours, runCount, cost, perThousand, staticCost }: Sum) => ({
    ...{ nodeHours, runCount },
    ...(priced ? { cost, perThousand, staticCost } : { cost: null, perThousand: null, staticCost: null }),
  })
  return {
    from: new Date(report.from).toISOString(),
    until: new Date(report.until).toISOString(),
    currency: priced ? report.currency : null,
    ...sums(report),
    pools: report.pools.map((one) => ({
      ...{ pool: one.pool, ...sums(one), peakCount: one.peakCount, observedHours: one.observedHours },
      ...{ usedRatio: ratio(one.usedRatio), idleRatio: ratio(one.idleRatio) },
    })),
    notes: report.notes,
  }
}

/** What the route needs. */
export interface CostDeps {
  readonly reckonCost: ReckonCost
  readonly clock: Pick<Clock, 'now'>
}

/** What nodes took of time and money, and how much of it was used. */
export const addCost = (app: FastifyInstance, { reckonCost, clock }: CostDeps): void => {
  app.get('/v1/cost', {
    config: { access: 'fleet:read', weight: SPAN_WEIGHT },
    schema: {
      operationId: 'get-cost',
      tags: ['console'],
      summary: 'What the nodes of each pool cost, and how much of them was used',
      description: 'Of a week at most; `./muster cost` tells more. Money only where prices are configured.',
      querystring: Query,
      response: { 200: answer('Node time and money', CostSchema), ...problems('INVALID_REQUEST') },
    },
    handler: async (request) => {
      const now = clock.now()
      const { since, until } = spanOf(request.query as Static<typeof Query>, SPAN, now)
      return toResource(await reckonCost(since, Math.max(since + 1, Math.min(until, now)), now))
    },
  })
}
