/** Between two starts of a worker that keeps ending. */
export interface BackOffPolicy {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * How long to wait before a worker is started again: twice as long after each early end, up to the most; half of it is
 * chance, so that workers which died together do not come back together.
 * @param endCount ends in a row, this one included, without a healthy time between them; from 1
 * @param random 0..1
 * @source AWS Architecture Blog, "Exponential Backoff And Jitter": equal jitter
 */
export const backOffMs = (endCount: number, { minMs, maxMs }: BackOffPolicy, random: number): number => {
  const ceilingMs = Math.min(maxMs, minMs * 2 ** (endCount - 1))
  return Math.round(ceilingMs / 2 + (ceilingMs / 2) * random)
}
