import type { ZoneState } from '../../infra/domain/zones.ts'
import type { ZoneView } from '../../infra/ports/fleet.ts'

/** What a look knows beside the zone. */
export interface ZoneLook {
  /** epoch ms */
  readonly at: number
  /** from asking for a node to its first finished job, 95th percentile */
  readonly bootMs: number
}

/** One boot in twenty takes longer than the time that is reckoned with: a zone is short after one and a half. */
const PATIENCE_RATIO = 1.5
/** All nodes of a zone gone at one look may be a slip of whoever tells of them. */
const LOST_MS = 20_000
/** From being found short to the first try; each one that brings nothing doubles it, up to the second. */
const RETRY_MS = 10 * 60_000
const MAX_RETRY_MS = 60 * 60_000

const UNKNOWN: Omit<ZoneState, 'zone'> = { condition: 'well', tries: 0, ran: 0, base: 0 }

const retryAfter = (tries: number): number => Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** tries)

/** Since when nodes are missing; it counts anew whenever one comes, so a zone that gives slowly is not short. */
const missingSince = (before: Omit<ZoneState, 'zone'>, view: ZoneView, at: number): number | undefined => {
  const missing = view.desiredCount - Math.min(view.placedCount, view.runningCount)
  if (missing <= 0) return undefined
  return view.runningCount > before.ran ? at : (before.missingSince ?? at)
}

const vanishedSince = (before: Omit<ZoneState, 'zone'>, view: ZoneView, at: number): number | undefined => {
  if (view.runningCount > 0 || view.desiredCount === 0) return undefined
  return before.vanishedSince ?? (before.ran > 0 ? at : undefined)
}

/** The way down: a zone that was well, or was tried in vain. */
const found = (before: ZoneState, { at, bootMs }: ZoneLook): ZoneState => {
  const { missingSince: missing, vanishedSince: vanished, condition, since, tries, ran } = before
  const lost = vanished !== undefined && at - vanished >= LOST_MS
  const short = missing !== undefined && at - missing > bootMs * PATIENCE_RATIO
  if (!lost && !short) return before
  const again = condition === 'tried' ? tries + 1 : 0
  const began = since ?? (lost ? vanished : missing)
  const retryAt = at + retryAfter(again)
  return { ...before, condition: lost ? 'lost' : 'short', since: began, retryAt, tries: again, base: ran }
}

/** The way up: nodes came that had not been there, a try was not needed after all, or it is time for one. */
const recovered = (before: ZoneState, view: ZoneView, { at, bootMs }: ZoneLook): ZoneState => {
  const base = Math.min(before.base, view.runningCount)
  const { condition, retryAt = at, missingSince: missing, vanishedSince: vanished } = before
  // Where all that is asked for is there, nothing more could come: a try would go on for ever.
  const isContent = missing === undefined && vanished === undefined && at - retryAt > bootMs * PATIENCE_RATIO
  if (view.runningCount > base || (condition === 'tried' && isContent))
    return { ...before, condition: 'well', since: undefined, retryAt: undefined, tries: 0, base: 0 }
  if (condition === 'tried' || at < retryAt) return { ...before, base }
  // What is asked for now has its own time to come.
  return { ...before, condition: 'tried', retryAt: at, base, missingSince: undefined, vanishedSince: undefined }
}

/**
 * How a zone is at this look. Short is a zone whose missing nodes have not come for longer than a boot, lost is one whose
 * nodes all vanished at once; either is well again as soon as more run than when that was found, or when it is tried and has
 * all that it is asked for. Pure.
 */
export const conditionOf = (last: ZoneState | undefined, view: ZoneView, look: ZoneLook): ZoneState => {
  const before = last ?? { ...UNKNOWN, ran: view.runningCount }
  const seen: ZoneState = {
    ...{ zone: view.zone, condition: before.condition, since: before.since, retryAt: before.retryAt },
    ...{ tries: before.tries, base: before.base, ran: view.runningCount },
    missingSince: missingSince(before, view, look.at),
    vanishedSince: vanishedSince(before, view, look.at),
  }
  switch (seen.condition) {
    case 'well':
      return found(seen, look)
    case 'tried': {
      const next = recovered(seen, view, look)
      return next.condition === 'well' ? next : found(next, look)
    }
    default:
      return recovered(seen, view, look)
  }
}
