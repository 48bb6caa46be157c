/** One line of a chart: instants (epoch ms, rising) and a value for each; null = unknown. */
export interface Line {
  readonly times: readonly number[]
  readonly values: readonly (number | null)[]
}

/** A value, nothing known, or an instant at which this line has no say. */
type Cell = number | null | undefined

/** Lines on one axis of time. */
export interface TimeTable {
  /** epoch ms */
  readonly times: readonly number[]
  /** one a line; undefined = the line has nothing to say of this instant, null = it is not known */
  readonly columns: readonly (readonly Cell[])[]
}

/** A break is longer than so many usual steps. */
const BREAK_STEPS = 4

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** A line with an unknown value in every hole: what was not seen must not look as if it had been. */
export const withBreaks = ({ times, values }: Line): Line => {
  const steps = times.slice(1).map((at, index) => at - (times[index] as number))
  const longest = median(steps) * BREAK_STEPS
  const broken = times.flatMap((at, index): readonly (readonly [number, number | null])[] => {
    const before = times[index - 1]
    const hole = before !== undefined && longest > 0 && at - before > longest
    return [...(hole ? [[before + longest / BREAK_STEPS, null] as const] : []), [at, values[index] ?? null] as const]
  })
  return { times: broken.map(([at]) => at), values: broken.map(([, seen]) => seen) }
}

/** Put lines side by side on one axis. */
export const joinLines = (lines: readonly Line[]): TimeTable => {
  const times = [...new Set(lines.flatMap(({ times: own }) => own))].sort((a, b) => a - b)
  const columns = lines.map(({ times: own, values }) => {
    const known = new Map(own.map((at, index) => [at, values[index] ?? null] as const))
    return times.map((at) => known.get(at))
  })
  return { times, columns }
}

/** The value of a line at an instant: the last one that it had by then. */
export const valueAt = ({ times, values }: Line, at: number): number | null => {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) <= at) low = middle + 1
    else high = middle
  }
  return values[low - 1] ?? null
}

/** The last value that is known. */
export const lastOf = ({ values }: Line): number | null => values.findLast((seen) => seen !== null) ?? null

/** Of what is older it would be wrong to say that it is now. */
export const FRESH_MS = 10 * 60_000

/** The last known value, where it is of now: of no longer ago than ten minutes, or than a break. @param now epoch ms */
export const presentOf = ({ times, values }: Line, now: number): number | null => {
  const last = values.findLastIndex((seen, index) => seen !== null && (times[index] as number) <= now)
  const steps = times.slice(1).map((at, index) => at - (times[index] as number))
  const isFresh = now - (times[last] ?? 0) <= Math.max(FRESH_MS, median(steps) * BREAK_STEPS)
  return isFresh ? (values[last] ?? null) : null
}

/** The highest value and when it was; undefined = nothing is known. */
export const highestOf = ({ times, values }: Line): { readonly at: number; readonly value: number } | undefined => {
  let best: { at: number; value: number } | undefined
  for (const [index, seen] of values.entries())
    if (seen !== null && (best === undefined || seen > best.value)) best = { at: times[index] as number, value: seen }
  return best
}

/** Instants spread evenly over what the lines have, few enough to be read as a table. */
export const sampleTimes = (from: number, until: number, most: number): readonly number[] => {
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * 60_000)
  const step = STEPS.find((one) => (until - from) / one <= most) ?? (STEPS.at(-1) as number)
  const first = Math.ceil(from / step) * step
  return Array.from({ length: Math.max(0, Math.floor((until - first) / step) + 1) }, (_, index) => first + index * step)
}
