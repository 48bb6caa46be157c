/** A zone that is to have some of the nodes. Counts of nodes. */
export interface ZoneRoom {
  /** it has now */
  readonly present: number
  readonly min: number
  readonly max: number
  /** how much of the whole it is to have, against the others */
  readonly weight: number
}

/** Less than this part of its share is too little: the fleet would not survive without the others. */
const LEAST_RATIO = 0.5

/** What each zone is to have at least, so that none can be missed: one node, and half of its share. */
const leastOf = (count: number, rooms: readonly ZoneRoom[]): readonly number[] => {
  const open = rooms.filter(({ max }) => max > 0)
  const whole = open.reduce((sum, { weight }) => sum + weight, 0)
  return rooms.map(({ min, max, weight }) => {
    const share = max > 0 && count >= open.length ? Math.max(1, Math.floor((count * weight * LEAST_RATIO) / whole)) : 0
    return Math.min(max, Math.max(min, share))
  })
}

/** The first place with the greatest value, of those that may be taken; -1 = there is none. */
const greatest = (values: readonly number[], may: (at: number) => boolean): number => {
  let best = -1
  values.forEach((value, at) => {
    if (may(at) && (best < 0 || value > (values[best] as number))) best = at
  })
  return best
}

/**
 * Divide a count of nodes among zones. It moves as little as it can: what is added goes to the zone that has the least for
 * its weight, what goes is taken from the fullest, and a zone keeps what it has while every other one has one node and half
 * of its share. The counts add up to `count` unless the limits of the zones forbid it. Pure.
 */
export const divide = (count: number, rooms: readonly ZoneRoom[]): readonly number[] => {
  const least = leastOf(count, rooms)
  const counts = rooms.map(({ present, max }, at) => Math.min(max, Math.max(least[at] as number, present)))
  const sum = (): number => counts.reduce((total, one) => total + one, 0)
  const fill = (extra: number): readonly number[] =>
    rooms.map(({ weight }, at) => ((counts[at] as number) + extra) / weight)
  const step = (by: 1 | -1, at: number): void => {
    counts[at] = (counts[at] as number) + by
  }
  for (let left = count - sum(); left > 0; left -= 1) {
    const emptiest = greatest(
      fill(1).map((one) => -one),
      (at) => (counts[at] as number) < (rooms[at] as ZoneRoom).max,
    )
    if (emptiest < 0) break
    step(1, emptiest)
  }
  // The least of a zone gives way before its limit does.
  for (const floorOf of [(at: number) => least[at] as number, (at: number) => (rooms[at] as ZoneRoom).min]) {
    for (let over = sum() - count; over > 0; over -= 1) {
      const fullest = greatest(fill(0), (at) => (counts[at] as number) > floorOf(at))
      if (fullest < 0) break
      step(-1, fullest)
    }
  }
  return counts
}
