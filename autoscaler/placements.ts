import type { FleetView } from '../infra/ports/fleet.ts'

/** Placements that hang: since when, and how many nodes are missing. */
export interface Hanging {
  /** epoch ms */
  readonly since: number
  readonly missingCount: number
}

/**
 * Nodes that were asked for and do not run. Placing goes on by itself as soon as there is room, so nothing is asked for
 * again; the time counts anew when the count that is asked for goes up.
 * @param before as the last look left it
 * @param askedBefore count asked for at the last look
 * @param at epoch ms
 */
export const hanging = (
  { desiredCount, placedCount, runningCount }: FleetView,
  before: Hanging | undefined,
  askedBefore: number | undefined,
  at: number,
): Hanging | undefined => {
  const missingCount = desiredCount - Math.min(placedCount, runningCount)
  if (missingCount <= 0) return undefined
  const grew = askedBefore !== undefined && desiredCount > askedBefore
  return { since: before && !grew ? before.since : at, missingCount }
}
