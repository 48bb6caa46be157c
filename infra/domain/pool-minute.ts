import type { Answered } from './answered.ts'
import { addSums, NOTHING, type Sum } from './duration-sum.ts'
import { HOPS, type Hop } from './hop.ts'
import { TASK_NAMES, type TaskName } from './task.ts'

/** The line of the service level objective (ms). */
export const OBJECTIVE_MS = 3_000

/** Hops whose time depends on the task: on its pictures and its model. The others are the same for every job of a pool. */
const TASK_HOPS = ['admit', 'store', 'fetch', 'decode', 'batch-wait', 'infer'] as const satisfies readonly Hop[]
export type TaskHop = (typeof TASK_HOPS)[number]

/** Does it? */
export const isTaskHop = (hop: Hop): hop is TaskHop => (TASK_HOPS as readonly Hop[]).includes(hop)

/**
 * What is added up of a pool's minutes, by name:
 * - `hop/...`: the time jobs spent there
 * - `answered/...`: requests for checks, by how they were answered; `wait`: how long callers who waited did so
 * - `ended/...`, `refused/...`: jobs by how they ended, and requests that never became one, by code
 * - `batch`: jobs of a batch
 * - `present`, `busy`, `in-hand`, `slots`, `threads`: of worker processes, the time they were there, the time they had
 *   anything in hand, that time for each job they had, for each they could have had, and for each of their threads (ms)
 * - `task/...`: in a pool of several tasks, once more of each: its batches, and time in the hops that depend on it, without buckets
 */
export type Series =
  | `hop/${Hop}`
  | `answered/${Answered}`
  | `ended/${string}`
  | `refused/${string}`
  | 'wait'
  | 'batch'
  | 'present'
  | 'busy'
  | 'in-hand'
  | 'slots'
  | 'threads'
  | `task/${string}/${TaskHop | 'batch'}`

export type Sums = Readonly<Partial<Record<Series, Sum>>>

/** A minute of a pool, or several. */
export interface PoolMinute {
  /** epoch ms of its start */
  readonly at: number
  readonly sums: Sums
}

/** Sums of the same pool as one. */
export const mergeSums = (all: readonly Sums[]): Sums => {
  const merged: Partial<Record<Series, Sum>> = {}
  for (const sums of all)
    for (const [series, sum] of Object.entries(sums) as [Series, Sum][])
      merged[series] = addSums(merged[series] ?? NOTHING, sum)
  return merged
}

/** What was counted under names that begin so, by the rest of the name. */
export const countsUnder = (sums: Sums, prefix: 'answered' | 'ended' | 'refused'): Readonly<Record<string, number>> =>
  Object.fromEntries(
    (Object.entries(sums) as [Series, Sum][])
      .filter(([series]) => series.startsWith(`${prefix}/`))
      .map(([series, { count }]) => [series.slice(prefix.length + 1), count]),
  )

/** The hops that anything went through. */
export const hopsOf = (sums: Sums): readonly (readonly [Hop, Sum])[] =>
  HOPS.flatMap((hop) => {
    const sum = sums[`hop/${hop}`]
    return sum && sum.count > 0 ? [[hop, sum] as const] : []
  })

/** What was counted of each task by itself, under the names it has of a pool; nothing in a pool of one task. */
export const sumsByTask = (sums: Sums): ReadonlyMap<TaskName, Sums> => {
  const ofTask = (task: TaskName): readonly (readonly [string, Sum])[] =>
    [...TASK_HOPS, 'batch' as const].flatMap((name) => {
      const sum = sums[`task/${task}/${name}`]
      return sum ? [[name === 'batch' ? name : `hop/${name}`, sum] as const] : []
    })
  const all = TASK_NAMES.map((task) => [task, Object.fromEntries(ofTask(task)) as Sums] as const)
  return new Map(all.filter(([, own]) => Object.keys(own).length > 0))
}

/** One time as a share of another; undefined where there was none. */
const shareOf = (part: Sum | undefined, whole: Sum | undefined): number | undefined =>
  whole && whole.total > 0 ? (part?.total ?? 0) / whole.total : undefined

/** How far the workers of a pool were used, 0..1 each; undefined where no worker told of itself. */
export interface Saturation {
  /** of their time with anything in hand */
  readonly busy: number | undefined
  /** of the jobs they could have had in hand */
  readonly full: number | undefined
  /** of their threads' time in the model */
  readonly inferring: number | undefined
}

/** How far the workers were used. */
export const saturationOf = (sums: Sums): Saturation => {
  const atMostOne = (ratio: number | undefined) => (ratio === undefined ? undefined : Math.min(1, ratio))
  return {
    busy: atMostOne(shareOf(sums.busy, sums.present)),
    full: atMostOne(shareOf(sums['in-hand'], sums.slots)),
    inferring: atMostOne(shareOf(sums['hop/infer'], sums.threads)),
  }
}

/** Worker processes that were there on average. @param spanMs of the time the sums are of */
export const workersOf = (sums: Sums, spanMs: number): number | undefined =>
  sums.present && spanMs > 0 ? sums.present.total / spanMs : undefined
