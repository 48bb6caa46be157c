import { meanOf } from './duration-sum.ts'
import { HOPS, type Hop } from './hop.ts'
import { hopsOf, type PoolMinute, type Sums } from './pool-minute.ts'

/** How long jobs spend in the hops of a pool when nothing is wrong (ms). */
export interface Usual {
  readonly hops: Readonly<Record<Hop, number>>
  /** of one job's share of a batch in the model; undefined = not known yet */
  readonly inferEachMs: number | undefined
  /** hops of which enough was seen; of the others it is what they may take at most */
  readonly seen: readonly Hop[]
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

/** What is usual by the minutes before: of each hop the median of their means. */
export const usualOf = (minutes: readonly PoolMinute[]): Usual => {
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
  }
}
