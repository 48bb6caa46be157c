import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { CountBounds, KeptDecision } from '../../infra/domain/scaling.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import { countOf, isStale, type PoolStatus, type ReadPools } from '../pool-status.ts'
import { report } from '../report.ts'
import { DecisionSchema, toDecisionResource } from './decision-resource.ts'
import { OverrideSchema, toOverrideResource } from './override-resource.ts'
import { type PoolOf, PoolParams, type PoolRequest } from './pool-names.ts'
import { toZone, ZoneSchema } from './zone-resource.ts'

/** What an autoscaler may do with a pool. */
export const MODES = ['apply', 'forecast-only'] as const
export type Mode = (typeof MODES)[number]

/** A pool as the installation has it. */
export interface ConfiguredPool {
  readonly name: string
  readonly bounds: CountBounds
  readonly mode: Mode
}

const CountOrUnknown = (description: string) =>
  nullable(Type.Integer({ minimum: 0, description: `${description}; null = unknown` }))
const OrNone = (description: string) =>
  nullable(Type.Integer({ minimum: 0, description: `${description}; null = none` }))

const Pool = {
  name: Type.String(),
  mode: words(MODES, '`forecast-only`: it decides and tells, and changes nothing'),
  bounds: strict({ min: Type.Integer(), max: Type.Integer() }),
  count: strict(
    {
      asked: CountOrUnknown('nodes asked for'),
      placed: CountOrUnknown('of them in a place'),
      running: CountOrUnknown('of them running'),
      ready: CountOrUnknown('workers that take jobs'),
    },
    { description: 'as the last look saw them' },
  ),
  zones: nullable(Type.Array(ZoneSchema, { description: 'as the last look saw them; null = the fleet has none' })),
  headline: nullable(Type.String({ description: 'of the last decision' })),
  lookedAt: nullable(Type.String({ format: 'date-time', description: 'when the last look was; null = never yet' })),
  stale: Type.Boolean({ description: 'the next look is overdue: nobody decides at the moment' }),
  doubts: Type.Array(Type.String(), { description: 'why what was measured could not be relied on' }),
  override: nullable(OverrideSchema),
  schedule: strict(
    { floor: OrNone('at least so many'), ceiling: OrNone('at most so many'), windows: Type.Array(Type.String()) },
    { description: 'what the schedule asks for now' },
  ),
}
const PoolSchema = strict(Pool)
const OnePoolSchema = strict({ ...Pool, decision: nullable(DecisionSchema) })

const lookOf = (last: KeptDecision | undefined, now: number) => ({
  count: {
    asked: countOf(last?.measurement.asked),
    placed: countOf(last?.measurement.placed),
    running: countOf(last?.measurement.running),
    ready: countOf(last?.measurement.readyWorkers),
  },
  zones: last?.zones ? last.zones.shares.map(toZone) : null,
  headline: last ? (report(last)[0] ?? null) : null,
  lookedAt: last ? new Date(last.at).toISOString() : null,
  stale: last === undefined || isStale(last, now),
  doubts: last?.doubts ?? [],
})

/** A pool as HTTP and `--json` show it, but for the mode of whoever decides. @param now epoch ms */
export const toPoolFacts = ({ pool, last, override, schedule }: PoolStatus, bounds: CountBounds, now: number) => ({
  name: pool,
  bounds: last?.bounds ?? bounds,
  ...lookOf(last, now),
  override: override ? toOverrideResource(override, now) : null,
  schedule: { floor: schedule.floor ?? null, ceiling: schedule.ceiling ?? null, windows: schedule.by },
})

/** What the routes of pools need. */
export interface PoolsDeps {
  readonly readPools: ReadPools
  readonly poolOf: PoolOf
  readonly clock: Pick<Clock, 'now'>
}

/** Look at pools. */
export const addPools = (
  app: FastifyInstance,
  { readPools, poolOf, clock }: PoolsDeps,
  pools: readonly ConfiguredPool[],
): void => {
  const config = { access: 'fleet:read' } as const
  const tags = ['pools']
  const read = async (wanted: readonly ConfiguredPool[]) => {
    const now = clock.now()
    const found = await readPools(
      wanted.map(({ name }) => name),
      now,
    )
    return wanted.flatMap((pool, index) => {
      const status = found[index]
      return status
        ? [{ resource: { ...toPoolFacts(status, pool.bounds, now), mode: pool.mode }, last: status.last }]
        : []
    })
  }

  app.get('/v1/pools', {
    config,
    schema: {
      operationId: 'list-pools',
      tags,
      summary: 'List the pools, and how each stands',
      response: { 200: answer('All pools', strict({ pools: Type.Array(PoolSchema) })), ...problems() },
    },
    handler: async () => ({ pools: (await read(pools)).map(({ resource }) => resource) }),
  })

  app.get('/v1/pools/:pool', {
    config,
    schema: {
      operationId: 'get-pool',
      tags,
      summary: 'Look at a pool, with its last decision',
      params: PoolParams,
      response: { 200: answer('The pool', OnePoolSchema), ...problems('POOL_NOT_FOUND') },
    },
    handler: async (request: PoolRequest) => {
      const name = poolOf(request)
      const [one] = await read(pools.filter((pool) => pool.name === name))
      return { ...one?.resource, decision: one?.last ? toDecisionResource(one.last) : null }
    },
  })
}
