/** What a closed-loop run measured. Latencies in ms. */
export interface Measured {
  readonly count: number
  readonly errorCount: number
  readonly perSecond: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** Nearest-rank percentile of unsorted values. @param share 0..1 */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)

/**
 * Keep `concurrency` calls under way for a while and measure each. Calls that begin during the warm-up do not count.
 * @param call one round trip; a throw counts as an error
 */
export const measure = async (
  call: () => Promise<unknown>,
  { concurrency, warmUpMs, durationMs }: { concurrency: number; warmUpMs: number; durationMs: number },
): Promise<Measured> => {
  const startedAt = performance.now()
  const countFrom = startedAt + warmUpMs
  const endAt = countFrom + durationMs
  const latencies: number[] = []
  let errorCount = 0
  const caller = async () => {
    for (let now = performance.now(); now < endAt; now = performance.now()) {
      const failed = await call().then(
        () => false,
        () => true,
      )
      if (now < countFrom) continue
      if (failed) errorCount += 1
      else latencies.push(performance.now() - now)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
  const seconds = (performance.now() - countFrom) / 1000
  return {
    count: latencies.length,
    errorCount,
    perSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
  }
}
