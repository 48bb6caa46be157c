import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { meanOf, overOf, type Sum, withinOf } from '../../infra/domain/duration-sum.ts'
import { HOPS } from '../../infra/domain/hop.ts'
import {
  countsUnder,
  hopsOf,
  OBJECTIVE_MS,
  type PoolMinute,
  saturationOf,
  workersOf,
} from '../../infra/domain/pool-minute.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict } from '../../infra/http/schema.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { DemandStore } from '../../infra/ports/demand-store.ts'
import type { MinuteStore } from '../../infra/ports/minute-store.ts'
import { COARSE } from '../keep-minutes.ts'
import { SPAN_WEIGHT } from '../limit-keys.ts'
import { type PoolOf, PoolParams, type PoolRequest } from './pool-names.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DEFAULT_SPAN_MS = 3 * HOUR_MS
const MAX_SPAN_MS = 7 * 24 * HOUR_MS
/** A chart has no more dots than that. */
const MOST_POINTS = 1_500

const Query = Type.Object({
  since: Type.Optional(Type.String({ format: 'date-time', description: 'three hours before `until` unless told' })),
  until: Type.Optional(Type.String({ format: 'date-time', description: 'now unless told' })),
  step: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,3}$', description: 'minutes to a point; as few as fit unless told' }),
  ),
})

const Count = Type.Integer({ minimum: 0 })
const Ms = Type.Number({ minimum: 0 })
const ratio = (description: string) => nullable(Type.Number({ minimum: 0, maximum: 1, description }))
const Counts = Type.Record(Type.String(), Count)
const quantiles = { p50Ms: nullable(Ms), p95Ms: nullable(Ms), p99Ms: nullable(Ms) }
const HopSchema = strict({ count: Count, meanMs: Ms, ...quantiles })
const MinuteSchema = strict({
  at: Type.String({ format: 'date-time', description: 'its start' }),
  offered: Type.Integer({ minimum: 0, description: 'checks that callers wanted, refused ones included' }),
  answered: Type.Record(Type.String(), Count, { description: 'requests for checks, by how they were answered' }),
  wait: strict(
    { count: Count, ...quantiles, overShare: ratio('of them, over the line of the objective') },
    { description: 'how long callers waited who waited' },
  ),
  ended: Type.Record(Type.String(), Count, { description: 'jobs, by state or by the code of their error' }),
  refused: Counts,
  hops: Type.Partial(strict(Object.fromEntries(HOPS.map((hop) => [hop, HopSchema]))), {
    description: 'the time jobs spent in each; one that no job went through is missing',
  }),
  batchSize: nullable(strict({ mean: Type.Number(), max: Type.Number() })),
  busyRatio: ratio('of the workers’ time with anything in hand'),
  fullRatio: ratio('of the jobs workers could have had in hand'),
  inferRatio: ratio('of the workers’ time in the model'),
  workers: nullable(Type.Number({ minimum: 0, description: 'worker processes, on average' })),
})
const MinutesSchema = strict({
  step: Type.Integer({ description: 'minutes to a point' }),
  objectiveMs: Type.Integer({ description: 'the line that waits should stay under' }),
  minutes: Type.Array(MinuteSchema, { description: 'oldest first; one in which nothing happened is missing' }),
})

const tenth = (value: number): number => Math.round(value * 10) / 10
const orNull = (value: number | undefined, round = tenth): number | null => (value === undefined ? null : round(value))
const thousandth = (value: number): number => Math.round(value * 1_000) / 1_000

const quantilesOf = (sum: Sum) => ({
  p50Ms: orNull(withinOf(sum, 0.5)),
  p95Ms: orNull(withinOf(sum, 0.95)),
  p99Ms: orNull(withinOf(sum, 0.99)),
})

/** What jobs spent in the hops, as HTTP shows it. */
export const toHops = (sums: PoolMinute['sums']) =>
  Object.fromEntries(
    hopsOf(sums).map(([hop, sum]) => [hop, { count: sum.count, meanMs: tenth(meanOf(sum) ?? 0), ...quantilesOf(sum) }]),
  )

/** Minutes as HTTP shows them. @param stepMs of which `at` is the start */
export const toMinuteResource = ({ at, sums }: PoolMinute, offered: number, stepMs: number) => {
  const wait = sums.wait ?? { count: 0, total: 0, most: 0 }
  const { busy, full, inferring } = saturationOf(sums)
  return {
    at: new Date(at).toISOString(),
    offered,
    answered: countsUnder(sums, 'answered'),
    wait: { count: wait.count, ...quantilesOf(wait), overShare: orNull(overOf(wait, OBJECTIVE_MS), thousandth) },
    ended: countsUnder(sums, 'ended'),
    refused: countsUnder(sums, 'refused'),
    hops: toHops(sums),
    batchSize: sums.batch ? { mean: tenth(meanOf(sums.batch) ?? 0), max: sums.batch.most } : null,
    busyRatio: orNull(busy, thousandth),
    fullRatio: orNull(full, thousandth),
    inferRatio: orNull(inferring, thousandth),
    workers: orNull(workersOf(sums, stepMs)),
  }
}

/**
 * Steps that a span has no more than enough points with, in minutes. Where some of it is kept ten minutes together each has
 * as many of them as the others.
 */
const stepOf = (spanMs: number, ageMs: number, wanted = '1'): number => {
  const step = Math.max(Number(wanted), Math.ceil(spanMs / MOST_POINTS / MINUTE_MS))
  return ageMs > COARSE.afterMs ? Math.ceil(step / COARSE.minutes) * COARSE.minutes : step
}

const readSpan = ({ since, until, step }: Static<typeof Query>, now: number) => {
  const end = until === undefined ? now : Date.parse(until)
  const start = since === undefined ? end - DEFAULT_SPAN_MS : Date.parse(since)
  if (!(start < end && end - start <= MAX_SPAN_MS))
    throw new RequestError('INVALID_REQUEST', 'since must be before until, by a week at most', {
      faults: [{ pointer: '/since', detail: 'must be before until, by a week at most' }],
    })
  return { start, end, step: stepOf(end - start, now - start, step) }
}

/** What the route needs. */
export interface MinutesDeps {
  readonly minutes: Pick<MinuteStore, 'minutes'>
  readonly demand: Pick<DemandStore, 'minutes'>
  readonly poolOf: PoolOf
  readonly clock: Pick<Clock, 'now'>
}

/** What happened in a pool, by the minute. */
export const addMinutes = (app: FastifyInstance, { minutes, demand, poolOf, clock }: MinutesDeps): void => {
  app.get('/v1/pools/:pool/minutes', {
    config: { access: 'fleet:read', weight: SPAN_WEIGHT },
    schema: {
      operationId: 'get-minutes',
      tags: ['pools'],
      summary: 'What happened in a pool, by the minute',
      description:
        'Of a week at most; what is older than a day is known by ten minutes, and `step` is a multiple of that where it is told of.',
      params: PoolParams,
      querystring: Query,
      response: { 200: answer('The minutes', MinutesSchema), ...problems('INVALID_REQUEST', 'POOL_NOT_FOUND') },
    },
    handler: async (request: PoolRequest) => {
      const pool = poolOf(request)
      const { start, end, step } = readSpan(request.query as Static<typeof Query>, clock.now())
      const stepMs = step * MINUTE_MS
      const from = start - (start % stepMs)
      const [happened, wanted] = await Promise.all([
        minutes.minutes(pool, from, end, stepMs),
        demand.minutes(pool, from, end),
      ])
      const offered = new Map<number, number>()
      for (const { minute, offeredCount } of wanted) {
        const at = minute - (minute % stepMs)
        offered.set(at, (offered.get(at) ?? 0) + offeredCount)
      }
      const known = new Map(happened.map((one) => [one.at, one]))
      const all = [...new Set([...known.keys(), ...offered.keys()])].sort((a, b) => a - b)
      return {
        step,
        objectiveMs: OBJECTIVE_MS,
        minutes: all.map((at) => toMinuteResource(known.get(at) ?? { at, sums: {} }, offered.get(at) ?? 0, stepMs)),
      }
    },
  })
}
