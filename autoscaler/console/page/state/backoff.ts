const FIRST_MS = 500
const MOST_MS = 10_000

/**
 * How long to wait before trying again: twice as long each time, and somewhere between half and all of that, so that the
 * pages of a whole team do not come back in one moment.
 * @param attempt failures in a row, from 1 @param random 0 to 1
 */
export const backoffMs = (attempt: number, random: number): number => {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10))
  return most / 2 + (most / 2) * random
}
