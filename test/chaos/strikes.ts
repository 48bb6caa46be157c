/** Harm that was done, or made good again: from here on recovery is timed. */
export interface Strike {
  /** monotonic ms */
  readonly at: number
  /** jobs that were promised by then and not known to be over */
  readonly open: readonly string[]
}

/**
 * How long it took at most until every job was over that a strike had met. Each job counts from the first strike that
 * met it: a fault that strikes for a minute would otherwise seem to need that minute to recover. Pure.
 * @param overAt monotonic ms at which a job was known to be over
 * @returns ms; undefined while one of them is not over
 */
export const lastJobMs = (strikes: readonly Strike[], overAt: ReadonlyMap<string, number>): number | undefined => {
  const since = new Map(strikes.toReversed().flatMap(({ at, open }) => open.map((id) => [id, at] as const)))
  const waits = [...since].map(([id, at]) => (overAt.get(id) ?? Number.POSITIVE_INFINITY) - at)
  const longest = Math.max(0, ...waits)
  return Number.isFinite(longest) ? longest : undefined
}
