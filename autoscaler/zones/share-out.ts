import type { CountBounds } from '../../infra/domain/scaling.ts'
import type { ZonePlan, ZoneShare, ZoneState } from '../../infra/domain/zones.ts'
import type { ZoneView } from '../../infra/ports/fleet.ts'
import { divide, type ZoneRoom } from './divide.ts'

/** What a pool's nodes are spread by. */
export interface Spread {
  readonly views: readonly ZoneView[]
  /** of the same zones, in the same order */
  readonly states: readonly ZoneState[]
  readonly weightOf: (zone: string) => number
  /** of the pool as a whole */
  readonly bounds: CountBounds
  readonly wantedBefore: number
  /** nodes that the decision wants */
  readonly wanted: number
}

/** So many nodes a look may be asked for in place of others, at least, and of those that run: a zone may soon be back. */
const SURGE_COUNT = 2
const SURGE_RATIO = 0.5
/** So many nodes show whether a zone has some again. */
const TRY_COUNT = 1

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
const atLeast = (count: number): number => Math.max(0, count)

/** One zone on its way to a count. */
interface Place {
  readonly present: number
  readonly running: number
  readonly placed: number
  readonly max: number
  /** nodes there are not relied on to come */
  readonly isShort: boolean
  /** asked for to see whether the zone has nodes again; 0 = it is not tried */
  readonly trial: number
  /** asked for: works, or is on its way */
  useful: number
  /** asked for beside them, and may never come */
  doubtful: number
}

/** Zones that stand in for others: those that are well, else those that are tried, else all as if nothing were the matter. */
const reliedOn = (states: readonly ZoneState[]): ZoneState['condition'] | undefined =>
  (['well', 'tried'] as const).find((wanted) => states.some(({ condition }) => condition === wanted))

const placesOf = ({ views, states, wanted }: Spread): readonly Place[] => {
  const relied = reliedOn(states)
  return views.map((view, at) => {
    const condition = states[at]?.condition ?? 'well'
    const isShort = wanted > 0 && relied !== undefined && condition !== relied
    return {
      ...{ present: view.desiredCount, running: view.runningCount, placed: view.placedCount },
      max: view.bounds?.max ?? Number.MAX_SAFE_INTEGER,
      trial: isShort && condition === 'tried' ? (states[at]?.base ?? 0) + TRY_COUNT : 0,
      ...{ isShort, useful: 0, doubtful: 0 },
    }
  })
}

/** A zone that is short keeps what works there; more is asked of it only to try it. */
const keepsOf = ({ present, placed, running, trial, max }: Place): { useful: number; doubtful: number } => {
  const useful = Math.min(present, running)
  const asked = Math.min(max, Math.max(trial, Math.min(present, placed)))
  return { useful, doubtful: atLeast(asked - useful) }
}

const roomOf = (place: Place, view: ZoneView, weight: number): ZoneRoom => {
  if (!place.isShort) return { present: place.present, min: view.bounds?.min ?? 0, max: place.max, weight }
  const { useful } = keepsOf(place)
  return { present: useful, min: Math.min(useful, view.bounds?.min ?? 0), max: useful, weight }
}

/** Divide what is wanted among zones that give nodes, and beside it what the others may have. */
const settle = (places: readonly Place[], { views, weightOf, wanted }: Spread): void => {
  const rooms = places.map((place, at) => roomOf(place, views[at] as ZoneView, weightOf(views[at]?.zone ?? '')))
  const counts = divide(wanted, rooms)
  places.forEach((place, at) => {
    place.useful = counts[at] as number
    const keeps = keepsOf(place)
    // Who gives up a node there gives up those that do not come first.
    place.doubtful = place.isShort && place.useful === keeps.useful ? keeps.doubtful : 0
  })
  let left = wanted - sum(places.map(({ useful, doubtful }) => useful + doubtful))
  for (const place of places.filter(({ isShort }) => isShort)) {
    const more = Math.min(atLeast(left), place.max - place.useful - place.doubtful)
    place.doubtful += more
    left -= more
  }
}

/** A node goes for another one only when that one runs: what is wanted is never fewer for a move. */
const keepUntilMoved = (places: readonly Place[], wanted: number): void => {
  const works = (place: Place, count: number): number => Math.min(place.running, count)
  const worked = sum(places.map((place) => works(place, place.present)))
  let missing = Math.min(wanted, worked) - sum(places.map((place) => works(place, place.useful + place.doubtful)))
  for (const place of places.toSorted((a, b) => b.running - a.running)) {
    const asked = place.useful + place.doubtful
    const kept = Math.min(atLeast(missing), atLeast(Math.min(place.present, place.running) - asked))
    place.useful += kept
    missing -= kept
  }
}

/** Take back so many of what would be added. */
const growLess = (places: readonly Place[], count: number): void => {
  let left = count
  for (const place of places.toSorted((a, b) => b.useful - b.present - (a.useful - a.present))) {
    const taken = Math.min(atLeast(left), atLeast(place.useful - Math.max(place.present, 0)))
    place.useful -= taken
    left -= taken
  }
}

/** What stands in for nodes elsewhere comes by and by, and never more than the pool may have. */
const keepWithin = (places: readonly Place[], { bounds, wanted, wantedBefore }: Spread): void => {
  const growth = sum(places.map(({ useful, present }) => atLeast(useful - present)))
  const surge = Math.max(SURGE_COUNT, Math.ceil(sum(places.map(({ running }) => running)) * SURGE_RATIO))
  growLess(places, growth - atLeast(wanted - wantedBefore) - surge)
  let over = sum(places.map(({ useful, doubtful }) => useful + doubtful)) - Math.max(bounds.max, wanted)
  for (const place of places) {
    const taken = Math.min(atLeast(over), place.doubtful)
    place.doubtful -= taken
    over -= taken
  }
  growLess(places, over)
}

/**
 * Spread the nodes of a decision over the zones. A zone that is short keeps what works there, the others are asked for the
 * rest; it is tried with one node after a while. What is wanted is never fewer on the way: nodes move by being asked for
 * first. Pure.
 */
export const shareOut = (spread: Spread): ZonePlan => {
  const { views, states, weightOf, wanted, wantedBefore } = spread
  const places = placesOf(spread)
  settle(places, spread)
  keepUntilMoved(places, wanted)
  keepWithin(places, spread)
  const weights = views.map(({ zone }) => weightOf(zone))
  const shares = places.map(({ present, placed, running, isShort, useful, doubtful }, at): ZoneShare => {
    const share = Math.round((wanted * (weights[at] as number)) / sum(weights))
    return {
      ...(states[at] as ZoneState),
      ...{ before: present, after: useful + doubtful, placed, running },
      ready: views[at]?.readyCount,
      elsewhere: isShort ? atLeast(share - useful) : 0,
    }
  })
  return { wantedBefore, wanted, shares }
}
