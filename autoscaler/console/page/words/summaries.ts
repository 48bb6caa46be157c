import { highestOf, type Line, presentOf } from '../charts/time-table.ts'
import { dayAndTime, time } from './instants.ts'
import { UNKNOWN } from './numbers.ts'

const DAY_MS = 24 * 3_600_000

/** When something was, as precise as the length of what is looked at lets it be useful. */
const when = ({ times }: Line, at: number): string =>
  (times.at(-1) ?? at) - (times[0] ?? at) > DAY_MS ? dayAndTime(at) : time(at)

/** `Offered 82/s now, highest 131/s at 09:40.` @param now epoch ms */
export const nowAndHighest = (
  what: string,
  line: Line | undefined,
  words: (value: number) => string,
  now: number,
): string => {
  const highest = line && highestOf(line)
  if (!line || !highest) return `${what}: nothing is known of this time.`
  const present = presentOf(line, now)
  const begin = present === null ? `${what}: ${UNKNOWN} now` : `${what} ${words(present)} now`
  return `${begin}, highest ${words(highest.value)} at ${when(line, highest.at)}.`
}

/** How long a line was over a limit, as a share of what is known of it; undefined = nothing is known. */
export const shareOver = ({ values }: Line, limit: number): number | undefined => {
  const known = values.filter((seen) => seen !== null)
  return known.length === 0 ? undefined : known.filter((seen) => seen > limit).length / known.length
}
