import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { KeptDecision } from '../../infra/domain/scaling.ts'
import { TRIGGER_STATES, type TriggerReading } from '../../infra/domain/trigger.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { DecisionStore } from '../../infra/ports/decision-store.ts'

/** A trigger at one look. Members are added, never renamed. */
export const TriggerSchema = strict({
  name: Type.String(),
  query: Type.String({ description: 'PromQL' }),
  targetPerNode: Type.Number({ description: 'of the value, for one node' }),
  value: nullable(Type.Number({ description: 'the last that was known' })),
  ageSeconds: nullable(Type.Number({ description: 'of the value; null = there is none' })),
  wanted: nullable(Type.Integer({ description: 'nodes by the value alone; null = unknown' })),
  asks: Type.Integer({ description: 'nodes that count in the decision: after `for` and `keepFor`; 0 = none' }),
  state: words(TRIGGER_STATES),
  why: Type.String({ description: 'in words' }),
  unknownSince: nullable(Type.String({ format: 'date-time' })),
})

const ListSchema = strict({
  triggers: Type.Array(
    strict({
      pool: Type.String(),
      ...TriggerSchema.properties,
      lookedAt: Type.String({ format: 'date-time', description: 'of the look that all this is from' }),
    }),
  ),
})

/** A trigger as HTTP and `--json` show it. @param sinceMs from the look to now: a value goes on ageing */
export const toTriggerResource = (reading: TriggerReading, sinceMs = 0) => {
  const { name, query, targetPerNode, value, ageMs, wanted, asks, state, why, unknownSince } = reading
  return {
    ...{ name, query, targetPerNode, asks, state, why },
    value: value ?? null,
    ageSeconds: ageMs === undefined ? null : Math.round((ageMs + sinceMs) / 100) / 10,
    wanted: wanted ?? null,
    unknownSince: unknownSince === undefined ? null : new Date(unknownSince).toISOString(),
  }
}

/** The triggers of a pool's last look. @param now epoch ms */
export const triggersOf = ({ pool, at, triggers = [] }: KeptDecision, now: number) =>
  triggers.map((reading) => ({
    pool,
    ...toTriggerResource(reading, Math.max(0, now - at)),
    lookedAt: new Date(at).toISOString(),
  }))

/** What the route needs. */
export interface TriggersDeps {
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly clock: Pick<Clock, 'now'>
}

/** The custom triggers of all pools, as the last look at each saw them: any process can answer, whoever leads. */
export const addTriggers = (
  app: FastifyInstance,
  { decisions, clock }: TriggersDeps,
  pools: readonly { readonly name: string }[],
): void => {
  app.get('/v1/triggers', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'list-triggers',
      tags: ['pools'],
      summary: 'Custom triggers: what each query said at the last look, and how many nodes it asks for',
      response: { 200: answer('The triggers of all pools', ListSchema), ...problems() },
    },
    handler: async () => {
      const last = await Promise.all(pools.map(({ name }) => decisions.list({ pool: name, limit: 1 })))
      return { triggers: last.flat().flatMap((decision) => triggersOf(decision, clock.now())) }
    },
  })
}
