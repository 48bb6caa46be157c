/** A step of the wall clock beyond this is followed; below it the two clocks only round differently. */
const TOLERANCE_MS = 20

/**
 * Epoch ms of monotonic instants, the same for all spans of this process: a part never seems to begin before its whole.
 * @param now epoch ms @param monotonic ms
 */
export const createInstants = (now: () => number, monotonic: () => number) => {
  let offset = now() - monotonic()
  return (at: number): number => {
    const present = now() - monotonic()
    if (Math.abs(present - offset) > TOLERANCE_MS) offset = present
    return at + offset
  }
}
