import Type from 'typebox'
import { PoolUnknownError, UnavailableError } from '../domain/errors.ts'
import type { CountChanged, Fleet } from '../ports/fleet.ts'
import { createNomadApi, type NomadAnswer, type NomadOptions, parseAnswer } from './nomad-api.ts'

/** Which job and group run a pool. */
export interface NomadTarget {
  readonly job: string
  readonly group: string
}

const Count = Type.Integer({ minimum: 0 })

/** Of a change: without the index it would be done whatever somebody else did meanwhile, so it must be there. */
const JobAnswer = Type.Object({
  /** the index that a scale is checked against; `/scale` answers another one under the same name */
  JobModifyIndex: Type.Integer({ minimum: 1 }),
  Stop: Type.Optional(Type.Boolean()),
  TaskGroups: Type.Array(
    Type.Object({
      Name: Type.String(),
      Count,
      Scaling: Type.Optional(Type.Union([Type.Null(), Type.Object({ Min: Count, Max: Count })])),
    }),
  ),
})

const ScaleAnswer = Type.Object({
  TaskGroups: Type.Record(Type.String(), Type.Object({ Placed: Count, Running: Count })),
})

/**
 * What Nomad says when it does not scale, by status and text: it has no codes.
 * @source hashicorp/nomad, nomad/job_endpoint.go (Job.Scale)
 */
const REFUSALS: readonly {
  readonly status: number
  readonly text: RegExp
  readonly kind: Exclude<CountChanged['kind'], 'applied'>
}[] = [
  { status: 400, text: /active deployment/i, kind: 'not-now' },
  { status: 500, text: /enforcing job modify index/i, kind: 'conflict' },
  { status: 400, text: /group count was (less|greater) than scaling policy (minimum|maximum)/i, kind: 'out-of-bounds' },
  { status: 500, text: /total count was greater than configured job_max_count/i, kind: 'out-of-bounds' },
]

const MAX_WHY_LENGTH = 200

const changedOf = (answer: NomadAnswer): CountChanged => {
  if (answer.status === 200) return { kind: 'applied' }
  const refusal = REFUSALS.find(({ status, text }) => status === answer.status && text.test(answer.text))
  if (refusal) return { kind: refusal.kind, why: answer.text.trim().slice(0, MAX_WHY_LENGTH) }
  throw new UnavailableError(
    'nomad',
    new Error(`status ${answer.status}: ${answer.text.trim().slice(0, MAX_WHY_LENGTH)}`),
  )
}

/**
 * A fleet on Nomad: one job group a pool. Two autoscalers are safe beside each other, because a change names the job's
 * index it was decided on.
 * @param targetOf the job and group of a pool; undefined = there is none
 */
export const createNomadFleet = (options: NomadOptions, targetOf: (pool: string) => NomadTarget | undefined): Fleet => {
  const call = createNomadApi(options)

  const find = (pool: string): NomadTarget & { readonly path: string } => {
    const target = targetOf(pool)
    if (!target) throw new PoolUnknownError(pool)
    return { ...target, path: `/v1/job/${encodeURIComponent(target.job)}` }
  }

  const scale = (pool: string, body: { readonly [member: string]: unknown }): Promise<NomadAnswer> => {
    const { job, group, path } = find(pool)
    const target = { Job: job, Group: group, Namespace: options.namespace }
    return call('POST', `${path}/scale`, { Target: target, ...body })
  }

  return {
    async view(pool) {
      const { group, path } = find(pool)
      const [job, status] = await Promise.all([call('GET', path), call('GET', `${path}/scale`)])
      if (job.status === 404 || status.status === 404) throw new PoolUnknownError(pool)
      const { JobModifyIndex, Stop, TaskGroups } = parseAnswer(JobAnswer, job)
      const spec = TaskGroups.find(({ Name }) => Name === group)
      const counts = parseAnswer(ScaleAnswer, status).TaskGroups[group]
      if (!spec || Stop) throw new PoolUnknownError(pool)
      return {
        desiredCount: spec.Count,
        placedCount: counts?.Placed ?? 0,
        runningCount: counts?.Running ?? 0,
        // Enforced also where scaling is switched off for other programs.
        bounds: spec.Scaling ? { min: spec.Scaling.Min, max: spec.Scaling.Max } : undefined,
        version: String(JobModifyIndex),
      }
    },
    setCount: async ({ pool, count, version, message, meta }) =>
      changedOf(await scale(pool, { Count: count, Message: message, Meta: meta, JobModifyIndex: Number(version) })),
    async note(pool, message, meta) {
      const answer = await scale(pool, { Count: null, Message: message, Meta: meta })
      if (answer.status === 404) throw new PoolUnknownError(pool)
      parseAnswer(Type.Unknown(), answer)
    },
  }
}
