/**
 * Upper ends of the buckets that durations are counted in, in ms. Coarse, because millions of them are kept; the line of the
 * service level objective, 3 s, is one of them, so that what is over it is known exactly.
 */
export const BOUNDS_MS = [
  1, 2, 4, 8, 15, 25, 40, 60, 90, 130, 200, 300, 400, 550, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_500, 3_000, 4_000,
  6_000, 10_000, 20_000, 40_000,
] as const

/** One for each end, and one for what is longer than the last. */
export const BOUNDED_COUNT = BOUNDS_MS.length + 1

/** Things of one kind, added up. */
export interface Sum {
  readonly count: number
  readonly total: number
  readonly most: number
  /** how many are within each of `BOUNDS_MS`, and beyond; of durations only */
  readonly buckets?: readonly number[] | undefined
}

/** Nothing yet. */
export const NOTHING: Sum = { count: 0, total: 0, most: 0 }

/** The bucket that a duration belongs to. */
export const boundedBucketOf = (ms: number): number => {
  let [low, high]: [number, number] = [0, BOUNDS_MS.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ms <= (BOUNDS_MS[middle] as number)) high = middle
    else low = middle + 1
  }
  return low
}

const addBuckets = (a: Sum['buckets'], b: Sum['buckets']): Sum['buckets'] =>
  a && b ? a.map((count, index) => count + (b[index] ?? 0)) : (a ?? b)

/** Two sums of the same kind as one. */
export const addSums = (a: Sum, b: Sum): Sum => ({
  count: a.count + b.count,
  total: a.total + b.total,
  most: Math.max(a.most, b.most),
  buckets: addBuckets(a.buckets, b.buckets),
})

/** @returns undefined while there is nothing */
export const meanOf = ({ count, total }: Sum): number | undefined => (count > 0 ? total / count : undefined)

/**
 * A duration that the given share of all stays within, in ms: as far into its bucket as its rank is.
 * @param share 0..1
 * @returns undefined while nothing was counted
 */
export const withinOf = ({ buckets = [], most }: Sum, share: number): number | undefined => {
  const counted = buckets.reduce((sum, count) => sum + count, 0)
  if (counted === 0) return undefined
  const rank = Math.max(1, counted * share)
  let seen = 0
  for (const [bucket, count] of buckets.entries()) {
    if (count > 0 && seen + count >= rank) {
      const low = BOUNDS_MS[bucket - 1] ?? 0
      const high = Math.max(low, Math.min(BOUNDS_MS[bucket] ?? most, most))
      return low + (high - low) * ((rank - seen) / count)
    }
    seen += count
  }
  return most
}

/** The share of durations over a bound, 0..1. @param boundMs one of `BOUNDS_MS` @returns undefined while nothing was counted */
export const overOf = ({ buckets = [] }: Sum, boundMs: (typeof BOUNDS_MS)[number]): number | undefined => {
  const counted = buckets.reduce((sum, count) => sum + count, 0)
  if (counted === 0) return undefined
  const over = buckets.slice(BOUNDS_MS.indexOf(boundMs) + 1)
  return over.reduce((sum, count) => sum + count, 0) / counted
}
