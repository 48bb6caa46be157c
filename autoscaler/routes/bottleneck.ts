import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Evidence } from '../../infra/domain/bottleneck.ts'
import { CAUSES } from '../../infra/domain/bottleneck-cause.ts'
import { verdictInWords } from '../../infra/domain/bottleneck-words.ts'
import { HOPS } from '../../infra/domain/hop.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { JudgedPool, JudgePool } from '../bottlenecks.ts'
import { SPAN_WEIGHT } from '../limit-keys.ts'
import { type PoolOf, PoolParams, type PoolRequest } from './pool-names.ts'

const Instant = Type.String({ format: 'date-time' })
const number = (description: string) => Type.Number({ description })
const orNone = (description: string) => nullable(Type.Number({ description }))
const orNoWord = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number] | null>({ type: ['string', 'null'], enum: [...values, null], description })

const EvidenceSchema = strict({
  jobs: Type.Integer({ minimum: 0, description: 'that a worker took' }),
  waiting: orNone('jobs that no worker has yet'),
  readyWorkers: orNone('workers that take jobs'),
  busyRatio: orNone('of the workers’ time with anything in hand'),
  fullRatio: orNone('of the jobs workers could have had in hand'),
  inferRatio: orNone('of the workers’ time in the model'),
  p95Ms: orNone('of callers who waited'),
  overShare: orNone('of them, over the line of the objective, 0 to 1'),
  hops: Type.Array(
    strict({
      hop: words(HOPS),
      meanMs: number('in these minutes'),
      usualMs: number('in the hours before'),
      overMs: number('over what is usual, without what is another hop’s'),
    }),
  ),
})
const BottleneckSchema = strict({
  pool: Type.String(),
  since: Instant,
  until: Instant,
  verdict: words(['bottleneck', 'within', 'unknown'] as const, 'unknown = too few jobs to tell'),
  hop: orNoWord(HOPS, 'the one that holds jobs up'),
  cause: orNoWord(CAUSES, 'why it does'),
  share: orNone('of the time over what is usual, 0 to 1'),
  confidence: orNoWord(['high', 'medium', 'low'] as const, 'by the number of jobs and the share'),
  missed: Type.Boolean({
    description: 'more than 5 % of callers wait over the line, and still do, or nobody is served',
  }),
  because: Type.String({ description: 'one sentence' }),
  todo: Type.String({ description: 'one sentence; empty = nothing' }),
  evidence: EvidenceSchema,
})

const tenth = (value: number): number => Math.round(value * 10) / 10
const orNull = (value: number | undefined, digits: number): number | null =>
  value === undefined ? null : Number(value.toFixed(digits))

const toEvidence = ({ busy, full, inferring, ...seen }: Evidence) => ({
  jobs: seen.jobs,
  ...{ waiting: orNull(seen.waiting, 0), readyWorkers: orNull(seen.readyWorkers, 0) },
  ...{ busyRatio: orNull(busy, 3), fullRatio: orNull(full, 3), inferRatio: orNull(inferring, 3) },
  ...{ p95Ms: orNull(seen.p95Ms, 1), overShare: orNull(seen.overShare, 3) },
  hops: seen.hops.map(({ hop, meanMs, usualMs, overMs }) => {
    return { hop, meanMs: tenth(meanMs), usualMs: tenth(usualMs), overMs: tenth(overMs) }
  }),
})

/** A verdict as HTTP and `--json` show it. */
export const toBottleneckResource = ({ pool, since, until, verdict }: JudgedPool) => {
  const named = verdict.kind === 'bottleneck' ? verdict : undefined
  return {
    ...{ pool, since: new Date(since).toISOString(), until: new Date(until).toISOString() },
    ...{ verdict: verdict.kind, hop: named?.hop ?? null, cause: named?.cause ?? null },
    ...{ share: orNull(named?.share, 3), confidence: named?.confidence ?? null, missed: named?.missed ?? false },
    ...verdictInWords(verdict, pool),
    evidence: toEvidence(verdict.evidence),
  }
}

/** What the route needs. */
export interface BottleneckDeps {
  readonly judge: JudgePool
  readonly poolOf: PoolOf
}

/** Which hop holds a pool's jobs up. */
export const addBottleneck = (app: FastifyInstance, { judge, poolOf }: BottleneckDeps): void => {
  app.get('/v1/pools/:pool/bottleneck', {
    config: { access: 'fleet:read', weight: SPAN_WEIGHT },
    schema: {
      operationId: 'get-bottleneck',
      tags: ['pools'],
      summary: 'Which hop holds a pool’s jobs up',
      description: 'Of the last five minutes, against what was usual in the six hours before.',
      params: PoolParams,
      response: { 200: answer('The verdict', BottleneckSchema), ...problems('POOL_NOT_FOUND') },
    },
    handler: async (request: PoolRequest) => toBottleneckResource(await judge(poolOf(request))),
  })
}
