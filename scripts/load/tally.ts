/** How one check ended, as its caller sees it. */
export type Ending = 'done' | 'refused' | 'failed'

/** Checks that ended within some time. */
export interface Window {
  readonly sentCount: number
  readonly doneCount: number
  /** 429 and 503: come back later */
  readonly refusedCount: number
  readonly failedCount: number
  /** ms from the call to the answer, of those that were done; undefined = there was none */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
}

/** @param share 0..1 @param sorted ascending */
const quantile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]

/** Counts checks and hands out what happened since it was last asked. */
export interface Tally {
  sent(): void
  ended(ending: Ending, ms: number): void
  take(): Window
}

export const createTally = (): Tally => {
  let sentCount = 0
  let ends: { readonly ending: Ending; readonly ms: number }[] = []
  const countOf = (ending: Ending) => ends.filter((end) => end.ending === ending).length
  return {
    sent() {
      sentCount += 1
    },
    ended(ending, ms) {
      ends.push({ ending, ms })
    },
    take() {
      const times = ends.flatMap(({ ending, ms }) => (ending === 'done' ? [ms] : [])).sort((a, b) => a - b)
      const window = {
        sentCount,
        doneCount: times.length,
        refusedCount: countOf('refused'),
        failedCount: countOf('failed'),
        p50Ms: quantile(times, 0.5),
        p95Ms: quantile(times, 0.95),
      }
      sentCount = 0
      ends = []
      return window
    },
  }
}
