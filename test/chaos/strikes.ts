/** Harm that was done, or made good again: from here on recovery is timed. */
export interface Strike {
  /** monotonic ms */
  readonly at: number
  /** jobs that were promised by then and not known to be over */
  readonly open: readonly string[]
  /** what it was, where blows differ */
  readonly what?: string | undefined
}

/** The job that a fault held up for longest. */
export interface Slowest {
  readonly ms: number
  /** the blow that met it first */
  readonly after: string | undefined
}

/**
 * How long it took at most until every job was over that a strike had met. Each job counts from the first strike that
 * met it: a fault that strikes for a minute would otherwise seem to need that minute to recover. Pure.
 * @param overAt monotonic ms at which a job was known to be over
 * @returns undefined while one of them is not over
 */
export const slowestJob = (strikes: readonly Strike[], overAt: ReadonlyMap<string, number>): Slowest | undefined => {
  const first = new Map(strikes.toReversed().flatMap((strike) => strike.open.map((id) => [id, strike] as const)))
  const waits = [...first].map(([id, { at, what }]) => ({
    ms: (overAt.get(id) ?? Number.POSITIVE_INFINITY) - at,
    after: what,
  }))
  const slowest = waits.reduce((one, other) => (other.ms > one.ms ? other : one), { ms: 0, after: undefined })
  return Number.isFinite(slowest.ms) ? slowest : undefined
}
