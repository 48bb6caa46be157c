import type { DemandMinute } from '../infra/ports/demand-store.ts'

/** What had been told of the last minutes at one instant. */
interface Told {
  /** epoch ms: until then demand was known */
  readonly until: number
  readonly byMinute: ReadonlyMap<number, number>
}

/** Shorter is noise: apis tell every few seconds. */
const SHORTEST_MS = 30_000
/** What lies longer back is not the present. */
const LONGEST_MS = 150_000
const MINUTE_MS = 60_000

/** How far back minutes must be read for a rate. */
export const RATE_LOOK_BACK_MS = LONGEST_MS + MINUTE_MS

/** @returns checks a second since the latest of `earlier` that is long enough ago; undefined = there is none */
const since = (earlier: readonly Told[], { until, byMinute }: Told): number | undefined => {
  const then = earlier.findLast((told) => until - told.until >= SHORTEST_MS && until - told.until <= LONGEST_MS)
  if (!then) return undefined
  const from = then.until - (then.until % MINUTE_MS)
  const offered = [...byMinute]
    .filter(([minute]) => minute >= from)
    .reduce((sum, [minute, count]) => sum + Math.max(0, count - (then.byMinute.get(minute) ?? 0)), 0)
  return (offered * 1_000) / (until - then.until)
}

/** Of the last minute that is over. */
const ofWholeMinute = ({ until, byMinute }: Told): { readonly rate: number; readonly until: number } => {
  const end = until - (until % MINUTE_MS)
  return { rate: (byMinute.get(end - MINUTE_MS) ?? 0) / 60, until: end }
}

/**
 * Demand now, of one pool. A whole minute is known only when it is over, and then half of what it tells is a minute old;
 * who looks again and again knows what has been told since the last time.
 * @returns called with what was read at each look; the rate in checks a second, and until when it is known (epoch ms)
 */
export const createPresentRate = () => {
  let earlier: readonly Told[] = []
  return (minutes: readonly DemandMinute[], until: number): { readonly rate: number; readonly until: number } => {
    const told = { until, byMinute: new Map(minutes.map(({ minute, offeredCount }) => [minute, offeredCount])) }
    const rate = since(earlier, told)
    earlier = [...earlier.filter((one) => until - one.until <= LONGEST_MS && one.until < until), told]
    return rate === undefined ? ofWholeMinute(told) : { rate, until }
  }
}
