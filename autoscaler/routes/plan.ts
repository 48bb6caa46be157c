import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Plan } from '../../infra/domain/scaling.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict } from '../../infra/http/schema.ts'
import type { PlanStore } from '../../infra/ports/plan-store.ts'
import { planInWords } from '../plan.ts'
import { type PoolOf, PoolParams, type PoolRequest } from './pool-names.ts'

const Instant = Type.String({ format: 'date-time' })
const Count = Type.Integer({ minimum: 0 })

const TrendSchema = strict({
  rate: Type.Number({ description: 'checks a second now' }),
  slope: Type.Number({ description: 'its change a minute' }),
  ahead: Type.Number({ description: 'at the next plan, with a fifth on top' }),
  desired: Count,
})
const PlanSchema = strict({
  pool: Type.String(),
  at: Instant,
  count: Count,
  trend: nullable(TrendSchema),
  hours: Type.Array(
    strict({ at: Instant, rate: Type.Number({ description: 'of its busiest ten minutes' }), desired: Count }),
    { description: 'the next hours, as far as the days before tell' },
  ),
  windows: Type.Array(strict({ name: Type.String(), effectiveAt: Instant, says: Type.String() })),
  report: Type.Array(Type.String(), { description: 'all of it in words; the first line is the headline' }),
})

const instant = (epochMs: number): string => new Date(epochMs).toISOString()

/** A plan as HTTP and `--json` show it. */
export const toPlanResource = (plan: Plan) => ({
  pool: plan.pool,
  at: instant(plan.at),
  count: plan.count,
  trend: plan.trend ?? null,
  hours: plan.hours.map(({ at, rate, desired }) => ({ at: instant(at), rate, desired })),
  windows: plan.windows.map(({ name, effectiveAt, says }) => ({ name, effectiveAt: instant(effectiveAt), says })),
  report: planInWords(plan),
})

/** What the route needs. */
export interface PlanDeps {
  readonly plans: Pick<PlanStore, 'latest'>
  readonly poolOf: PoolOf
}

/** What is to be expected of a pool. It is told; the control loop decides for itself. */
export const addPlan = (app: FastifyInstance, { plans, poolOf }: PlanDeps): void => {
  app.get('/v1/pools/:pool/plan', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'get-plan',
      tags: ['pools'],
      summary: 'What is to be expected of a pool in the next hours',
      description: 'Made every 20 minutes: the regression, the days before, the schedule, each for itself.',
      params: PoolParams,
      response: { 200: answer('The last plan', PlanSchema), ...problems('POOL_NOT_FOUND', 'PLAN_NOT_FOUND') },
    },
    handler: async (request: PoolRequest) => {
      const plan = await plans.latest(poolOf(request))
      if (!plan) throw new RequestError('PLAN_NOT_FOUND', 'no plan was made of this pool yet')
      return toPlanResource(plan)
    },
  })
}
