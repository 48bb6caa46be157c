import type { KeptDecision } from '../infra/domain/scaling.ts'
import type { WorkerStart } from '../infra/ports/boot-record.ts'

/** How long it takes from asking for a node to its first finished job, and of how many starts that is known. */
export interface BootTime {
  readonly bootMs: number
  /** 0 = too few: it is what was configured */
  readonly bootCount: number
}

/** A change of the count, as it was decided. */
export type Change = Pick<KeptDecision, 'at' | 'from' | 'to' | 'outcome'>

/** Below this a 95th percentile says nothing. */
const LEAST_COUNT = 5
/** The newest: hardware, images and models change. */
const MOST_COUNT = 50
const PERCENTILE = 0.95
/** A worker without a job for so long was ready when it said so. */
const IDLE_MS = 60_000
/** Nobody waits longer for a node: a start after this has another cause. */
const LONGEST_MS = 3_600_000

/** Workers asked for that have not come yet. */
interface Ask {
  readonly at: number
  left: number
}

/** From when on the worker was of use; undefined = not yet, or not known yet. */
const usefulAt = ({ readyAt, firstJobAt }: WorkerStart, now: number): number | undefined => {
  if (readyAt === null) return firstJobAt ?? undefined
  if (firstJobAt !== null && firstJobAt - readyAt <= IDLE_MS) return firstJobAt
  return now - readyAt > IDLE_MS ? readyAt : undefined
}

/** The same place on the same machine: its id without the process. */
const placeOf = ({ workerId }: WorkerStart): string => workerId.slice(0, workerId.lastIndexOf('/'))

/** What goes first was asked for last: it may not have come yet. */
const takeBack = (asks: readonly Ask[], count: number): void => {
  let left = count
  for (const ask of asks.toReversed()) {
    const taken = Math.min(ask.left, left)
    ask.left -= taken
    left -= taken
  }
}

/** Each start with the instant it was asked for. Who was asked for first comes first; a restart was not asked for. */
const matched = (changes: readonly Change[], starts: readonly WorkerStart[], workersPerNode: number) => {
  const asks: Ask[] = []
  const places = new Set<string>()
  const found: { readonly start: WorkerStart; readonly askedAt: number }[] = []
  const applied = changes.filter(({ outcome }) => outcome === 'applied').toSorted((a, b) => a.at - b.at)
  for (const start of starts.toSorted((a, b) => a.startedAt - b.startedAt)) {
    while (applied[0] && applied[0].at <= start.startedAt) {
      const { at, from, to } = applied.shift() as Change
      if (to > from) asks.push({ at, left: (to - from) * workersPerNode })
      else {
        takeBack(asks, (from - to) * workersPerNode)
        // Whoever comes to a place after this may well have been asked for.
        places.clear()
      }
    }
    const ask = asks.find(({ at, left }) => left > 0 && start.startedAt - at <= LONGEST_MS)
    if (ask && !places.has(placeOf(start))) {
      ask.left -= 1
      found.push({ start, askedAt: ask.at })
    }
    places.add(placeOf(start))
  }
  return found
}

/**
 * The 95th percentile of the last boots: from the decision that asked for a node to the first finished job of each of its
 * workers, or until it was ready where no job came. Pure.
 * @param changes of the pool, in any order
 * @param starts of its workers, in any order
 * @param now epoch ms by the database's clock, like all the others
 */
export const bootTime = (
  changes: readonly Change[],
  starts: readonly WorkerStart[],
  { workersPerNode, configuredMs, now }: { workersPerNode: number; configuredMs: number; now: number },
): BootTime => {
  const boots = matched(changes, starts, workersPerNode)
    .flatMap(({ start, askedAt }) => {
      const until = usefulAt(start, now)
      return until === undefined ? [] : [until - askedAt]
    })
    .slice(-MOST_COUNT)
    .sort((a, b) => a - b)
  if (boots.length < LEAST_COUNT) return { bootMs: configuredMs, bootCount: 0 }
  const bootMs = boots[Math.ceil(PERCENTILE * boots.length) - 1] as number
  return { bootMs: Math.round(bootMs), bootCount: boots.length }
}
