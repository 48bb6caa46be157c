import { meanOf } from './duration-sum.ts'
import { HOPS, type Hop } from './hop.ts'
import { hopsOf, type PoolMinute, type Sums, sumsByTask } from './pool-minute.ts'
import { TASK_NAMES, type TaskName } from './task.ts'

/** How long jobs spend in the hops of a pool when nothing is wrong (ms). */
export interface Usual {
  readonly hops: Readonly<Record<Hop, number>>
  /** of one job's share of a batch in the model; undefined = not known yet */
  readonly inferEachMs: number | undefined
  /** hops of which enough was seen; of the others it is what they may take at most */
  readonly seen: readonly Hop[]
  /** the same of each task that was seen, in a pool of several */
  readonly tasks: ReadonlyMap<TaskName, Usual>
}

/**
 * What a hop may take, in ms. Where nothing was seen yet it is taken for usual; and a hop that has been slow for hours does not
 * become usual by that: nothing is usual beyond twice of it.
 */
const BUDGET_MS: Readonly<Record<Hop, number>> = {
  admit: 150,
  store: 150,
  insert: 75,
  publish: 75,
  queue: 250,
  claim: 75,
  fetch: 150,
  decode: 250,
  'batch-wait': 150,
  infer: 1_000,
  write: 75,
  reply: 100,
}
const MOST_RATIO = 2
/** A median of less is chance. */
const LEAST_MINUTES = 5

const median = (values: readonly number[]): number | undefined => {
  if (values.length < LEAST_MINUTES) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)]
}

/** One job's share of a batch in the model (ms); undefined where nothing ran. */
export const inferEachMsOf = (sums: Sums): number | undefined => {
  const [infer, batch] = [sums['hop/infer'], sums.batch]
  return infer && batch && batch.total > 0 ? infer.total / batch.total : undefined
}

const definedOf = (values: readonly (number | undefined)[]): readonly number[] =>
  values.filter((value) => value !== undefined)

const NO_TASKS: Usual['tasks'] = new Map()

/** Of a pool, or of one task. */
const usualOfOne = (minutes: readonly PoolMinute[]): Usual => {
  const means = new Map<Hop, number[]>(HOPS.map((hop) => [hop, []]))
  for (const { sums } of minutes) for (const [hop, sum] of hopsOf(sums)) means.get(hop)?.push(meanOf(sum) ?? 0)
  const medians = new Map([...means].map(([hop, values]) => [hop, median(values)]))
  const usual = (hop: Hop) => Math.min(medians.get(hop) ?? BUDGET_MS[hop], MOST_RATIO * BUDGET_MS[hop])
  const eachMs = median(definedOf(minutes.map(({ sums }) => inferEachMsOf(sums))))
  // A share of a batch is no more usual than the batch is.
  const inferMs = medians.get('infer')
  const usualRatio = inferMs ? usual('infer') / inferMs : 1
  return {
    hops: Object.fromEntries(HOPS.map((hop) => [hop, usual(hop)])) as Record<Hop, number>,
    inferEachMs: eachMs === undefined ? undefined : eachMs * usualRatio,
    seen: HOPS.filter((hop) => medians.get(hop) !== undefined),
    tasks: NO_TASKS,
  }
}

/** What is usual by the minutes before: of each hop the median of their means. */
export const usualOf = (minutes: readonly PoolMinute[]): Usual => {
  const byTask = minutes.map(({ at, sums }) => ({ at, tasks: sumsByTask(sums) }))
  const tasks = TASK_NAMES.flatMap((task) => {
    const own = byTask.flatMap(({ at, tasks: all }) => {
      const sums = all.get(task)
      return sums ? [{ at, sums }] : []
    })
    return own.length > 0 ? [[task, usualOfOne(own)] as const] : []
  })
  return { ...usualOfOne(minutes), tasks: new Map(tasks) }
}

/** Of a task that has not been seen. */
const UNSEEN: Usual = usualOfOne([])

/** Each value as often as it counts; what is left of the whole is as the pool is. Undefined where one is not known. */
const weighed = (
  parts: readonly (readonly [count: number, value: number | undefined])[],
  whole: number,
  ofPool: number | undefined,
): number | undefined => {
  const told = parts.reduce((sum, [count]) => sum + count, 0)
  const all = [...parts, [Math.max(0, whole - told), ofPool] as const].filter(([count]) => count > 0)
  const count = all.reduce((sum, [one]) => sum + one, 0)
  if (count === 0 || all.some(([, value]) => value === undefined)) return undefined
  return all.reduce((sum, [one, value = 0]) => sum + one * value, 0) / count
}

/**
 * What would be usual of these jobs: of each task as long as that task usually takes, so that more jobs of a slower one are no
 * slower hop. What nobody told by task, as releases did before, is as the pool is.
 * @param sums of the jobs
 */
export const usualOfMix = (usual: Usual, sums: Sums): Usual => {
  const parts = [...sumsByTask(sums)].map(([task, own]) => ({ own, usually: usual.tasks.get(task) ?? UNSEEN }))
  const isSeen = (hop: Hop) => [...usual.tasks.values()].some(({ seen }) => seen.includes(hop))
  const ofHop = (hop: Hop): number => {
    if (!isSeen(hop)) return usual.hops[hop]
    const counts = parts.map(({ own, usually }) => [own[`hop/${hop}`]?.count ?? 0, usually.hops[hop]] as const)
    return weighed(counts, sums[`hop/${hop}`]?.count ?? 0, usual.hops[hop]) ?? usual.hops[hop]
  }
  const jobs = parts.map(({ own, usually }) => [own.batch?.total ?? 0, usually.inferEachMs] as const)
  return {
    ...usual,
    hops: Object.fromEntries(HOPS.map((hop) => [hop, ofHop(hop)])) as Record<Hop, number>,
    inferEachMs: isSeen('infer') ? weighed(jobs, sums.batch?.total ?? 0, usual.inferEachMs) : usual.inferEachMs,
  }
}
