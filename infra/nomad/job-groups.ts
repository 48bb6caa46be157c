import Type, { type Static } from 'typebox'
import { PoolUnknownError } from '../domain/errors.ts'
import type { NomadAnswer } from './nomad-api.ts'
import { parseAnswer } from './nomad-api.ts'

/** Which job and group run a pool; a pool with zones has several groups that say they are this one. */
export interface NomadTarget {
  readonly job: string
  readonly group: string
}

/** One group of a job that runs a pool, as it is registered. */
export interface PoolGroup {
  readonly name: string
  /** undefined = the pool has one group, wherever its nodes are */
  readonly zone: string | undefined
  readonly count: number
  readonly bounds: { readonly min: number; readonly max: number } | undefined
}

/** The groups of a pool, and the index that a change of any of them is checked against. */
export interface PoolGroups {
  readonly index: number
  readonly groups: readonly PoolGroup[]
}

const Count = Type.Integer({ minimum: 0 })
const Nothing = Type.Null()

/** Of a change: without the index it would be done whatever somebody else did meanwhile, so it must be there. */
const JobAnswer = Type.Object({
  /** the index that a scale is checked against; `/scale` answers another one under the same name */
  JobModifyIndex: Type.Integer({ minimum: 1 }),
  Stop: Type.Optional(Type.Boolean()),
  TaskGroups: Type.Array(
    Type.Object({
      Name: Type.String(),
      Count,
      Scaling: Type.Optional(Type.Union([Nothing, Type.Object({ Min: Count, Max: Count })])),
      Meta: Type.Optional(Type.Union([Nothing, Type.Record(Type.String(), Type.String())])),
    }),
  ),
})
type TaskGroup = Static<typeof JobAnswer>['TaskGroups'][number]

/** What a group of one zone says of itself in its `meta`. */
const POOL = 'muster_pool'
const ZONE = 'muster_zone'

const toGroup = ({ Name, Count: count, Scaling, Meta }: TaskGroup): PoolGroup => ({
  ...{ name: Name, zone: Meta?.[ZONE], count },
  // Enforced also where scaling is switched off for other programs.
  bounds: Scaling ? { min: Scaling.Min, max: Scaling.Max } : undefined,
})

/**
 * The groups of a pool in its job: those that say so, one a zone, or the one of that name.
 * @throws PoolUnknownError when there is none, or the job is stopped; UnavailableError when this is no job
 */
export const groupsOf = (pool: string, { group }: NomadTarget, answer: NomadAnswer): PoolGroups => {
  if (answer.status === 404) throw new PoolUnknownError(pool)
  const { JobModifyIndex: index, Stop, TaskGroups } = parseAnswer(JobAnswer, answer)
  const ofZones = TaskGroups.filter(({ Meta }) => Meta?.[POOL] === group && Meta[ZONE] !== undefined)
  const groups = ofZones.length > 0 ? ofZones : TaskGroups.filter(({ Name }) => Name === group)
  if (groups.length === 0 || Stop) throw new PoolUnknownError(pool)
  return { index, groups: groups.map(toGroup).toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}
