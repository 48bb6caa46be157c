import Type from 'typebox'
import { PoolUnknownError, UnavailableError } from '../domain/errors.ts'
import type { CountBounds } from '../domain/scaling.ts'
import type { CountChange, CountChanged, Fleet, FleetView, ZoneView } from '../ports/fleet.ts'
import { groupsOf, type NomadTarget, type PoolGroup, type PoolGroups } from './job-groups.ts'
import { createNomadApi, type NomadAnswer, type NomadOptions, parseAnswer } from './nomad-api.ts'

const Count = Type.Integer({ minimum: 0 })

const ScaleAnswer = Type.Object({
  TaskGroups: Type.Record(Type.String(), Type.Object({ Placed: Count, Running: Count, Healthy: Type.Optional(Count) })),
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
/** Other pools of the same job move its index too: so often a change that is still good is tried with the new one. */
const INDEX_TRIES = 5
const APPLIED: CountChanged = { kind: 'applied' }
const MEANWHILE: CountChanged = { kind: 'conflict', why: 'a count was changed meanwhile' }

const changedOf = (answer: NomadAnswer): CountChanged => {
  if (answer.status === 200) return APPLIED
  const refusal = REFUSALS.find(({ status, text }) => status === answer.status && text.test(answer.text))
  if (refusal) return { kind: refusal.kind, why: answer.text.trim().slice(0, MAX_WHY_LENGTH) }
  throw new UnavailableError(
    'nomad',
    new Error(`status ${answer.status}: ${answer.text.trim().slice(0, MAX_WHY_LENGTH)}`),
  )
}

/** What a pool's groups are asked for. Equal texts: nobody changed it meanwhile. Limits Nomad itself looks at. */
const versionOf = (groups: readonly PoolGroup[]): string =>
  groups.map(({ name, count }) => `${name}=${count}`).join(' ')

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

const boundsOf = (groups: readonly PoolGroup[]): CountBounds | undefined => {
  if (groups.every(({ bounds }) => bounds === undefined)) return undefined
  return {
    min: total(groups.map(({ bounds }) => bounds?.min ?? 0)),
    max: total(groups.map(({ bounds }) => bounds?.max ?? Number.MAX_SAFE_INTEGER)),
  }
}

const viewOf = ({ groups }: PoolGroups, answer: NomadAnswer): FleetView => {
  const status = parseAnswer(ScaleAnswer, answer).TaskGroups
  const views = groups.map(({ name, zone = '', count, bounds }): ZoneView => {
    const { Placed: placedCount = 0, Running: runningCount = 0, Healthy } = status[name] ?? {}
    // One whose node is not seen any more keeps its health.
    const readyCount = Healthy === undefined ? undefined : Math.min(Healthy, runningCount)
    return { zone, desiredCount: count, placedCount, runningCount, readyCount, bounds }
  })
  const zoned = groups.some(({ zone }) => zone !== undefined)
  return {
    desiredCount: total(views.map(({ desiredCount }) => desiredCount)),
    placedCount: total(views.map(({ placedCount }) => placedCount)),
    runningCount: total(views.map(({ runningCount }) => runningCount)),
    ...{ bounds: boundsOf(groups), version: versionOf(groups), zones: zoned ? views : undefined },
  }
}

interface Step {
  readonly group: string
  readonly count: number
}

/** One group after the other, those that grow first: on the way there are never fewer nodes than at both its ends. */
const stepsOf = ({ count, zones }: CountChange, groups: readonly PoolGroup[]): readonly Step[] | undefined => {
  const [first] = groups
  if (!zones) return first?.zone === undefined && first ? [{ group: first.name, count }] : undefined
  const wanted = zones.map((one) => ({ group: groups.find(({ zone }) => zone === one.zone), count: one.count }))
  if (zones.length !== groups.length || total(zones.map((one) => one.count)) !== count) return undefined
  const steps = wanted.flatMap(({ group, count }) =>
    group ? [{ group: group.name, count, by: count - group.count }] : [],
  )
  if (steps.length !== groups.length) return undefined
  return [...steps.filter(({ by }) => by > 0), ...steps.filter(({ by }) => by < 0)]
}

/**
 * A fleet on Nomad: one job group a pool, or one a pool and zone. Two autoscalers are safe beside each other, because each
 * change of a group names the job's index under which the counts of the pool were what they were decided on.
 * @param targetOf the job and group of a pool; undefined = there is none
 */
export const createNomadFleet = (options: NomadOptions, targetOf: (pool: string) => NomadTarget | undefined): Fleet => {
  const call = createNomadApi(options)

  const find = (pool: string): NomadTarget & { readonly path: string } => {
    const target = targetOf(pool)
    if (!target) throw new PoolUnknownError(pool)
    return { ...target, path: `/v1/job/${encodeURIComponent(target.job)}` }
  }

  const read = async (pool: string): Promise<PoolGroups> => {
    const target = find(pool)
    return groupsOf(pool, target, await call('GET', target.path))
  }

  const scale = (pool: string, group: string, body: { readonly [member: string]: unknown }): Promise<NomadAnswer> => {
    const { job, path } = find(pool)
    const target = { Job: job, Group: group, Namespace: options.namespace }
    return call('POST', `${path}/scale`, { Target: target, ...body })
  }

  /** @param version what the pool must be at; whatever else in the job may have moved the index */
  const scaleAt = async (change: CountChange, { group, count }: Step, version: string): Promise<CountChanged> => {
    const { pool, message, meta } = change
    let changed: CountChanged = MEANWHILE
    for (let tries = 0; tries < INDEX_TRIES; tries += 1) {
      const { index, groups } = await read(pool)
      if (versionOf(groups) !== version) return MEANWHILE
      const body = { Count: count, Message: message, Meta: meta, JobModifyIndex: index }
      changed = changedOf(await scale(pool, group, body))
      if (changed.kind !== 'conflict') return changed
    }
    return changed
  }

  return {
    async view(pool) {
      const { path } = find(pool)
      const [groups, status] = await Promise.all([read(pool), call('GET', `${path}/scale`)])
      if (status.status === 404) throw new PoolUnknownError(pool)
      return viewOf(groups, status)
    },
    async setCount(change) {
      let { groups } = await read(change.pool)
      if (versionOf(groups) !== change.version) return MEANWHILE
      const steps = stepsOf(change, groups)
      if (!steps) return { kind: 'conflict', why: 'the zones of the pool are others now' }
      for (const step of steps) {
        const changed = await scaleAt(change, step, versionOf(groups))
        if (changed.kind !== 'applied') return changed
        groups = groups.map((one) => (one.name === step.group ? { ...one, count: step.count } : one))
      }
      return APPLIED
    },
    async note(pool, message, meta) {
      const { group } = find(pool)
      const { groups } = await read(pool)
      const answer = await scale(pool, groups[0]?.name ?? group, { Count: null, Message: message, Meta: meta })
      if (answer.status === 404) throw new PoolUnknownError(pool)
      parseAnswer(Type.Unknown(), answer)
    },
  }
}
