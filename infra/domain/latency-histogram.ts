/** How long something took, counted in buckets that grow by a fixed ratio: counts of many workers simply add up. */
export const BUCKET_COUNT = 80

/** Two neighbouring buckets are that far apart, and so is a quantile from the truth at most. */
const GROWTH = 1.15

/** 80 buckets of it reach from a millisecond to over a minute. */
const FIRST_MS = 1

/** The bucket of a duration. */
export const bucketOf = (ms: number): number => {
  if (!(ms > FIRST_MS)) return 0
  return Math.min(BUCKET_COUNT - 1, Math.ceil(Math.log(ms / FIRST_MS) / Math.log(GROWTH)))
}

/** The longest duration that belongs to a bucket, in ms; the last one takes longer ones too. */
export const upperMsOf = (bucket: number): number => FIRST_MS * GROWTH ** bucket

/** No duration yet. */
export const emptyHistogram = (): number[] => Array.from({ length: BUCKET_COUNT }, () => 0)

/** How many durations were counted. */
export const totalOf = (buckets: readonly number[]): number => buckets.reduce((sum, count) => sum + count, 0)

/**
 * A duration that the given share of all stays within, in ms, rounded up to its bucket's end.
 * @param share 0..1
 * @returns undefined while nothing was counted
 */
export const quantileOf = (buckets: readonly number[], share: number): number | undefined => {
  const rank = Math.max(1, Math.ceil(totalOf(buckets) * share))
  let seen = 0
  for (const [bucket, count] of buckets.entries()) {
    seen += count
    if (seen >= rank) return upperMsOf(bucket)
  }
  return undefined
}
