import type { WorkerCounts } from './worker-counts.ts'

/**
 * - `waiting`: it ended and will be started again
 * - `starting`: the process runs and loads its models
 * - `ready`: it said so
 * - `leaving`: it was told to stop and its process still runs
 */
export type Phase = 'waiting' | 'starting' | 'ready' | 'leaving'

/** One place for a worker process. */
export interface Place {
  readonly pool: string
  /** unique on this node */
  readonly index: number
  readonly phase: Phase
  /** grows with each new place: the highest is the youngest */
  readonly order: number
}

/** What brings a node nearer to what is wanted. */
export interface Plan<P extends Place> {
  readonly start: readonly { readonly pool: string; readonly index: number }[]
  readonly leave: readonly P[]
}

/** The cheapest loss first: nothing runs in `waiting`, nothing was served by `starting`; then the youngest. */
const LEAVE_ORDER: Readonly<Record<Phase, number>> = { waiting: 0, starting: 1, ready: 2, leaving: 3 }

const cheapestFirst = (a: Place, b: Place): number => LEAVE_ORDER[a.phase] - LEAVE_ORDER[b.phase] || b.order - a.order

const lowestFree = (taken: Set<number>): number => {
  let index = 0
  while (taken.has(index)) index += 1
  taken.add(index)
  return index
}

/**
 * What to start and what to end. Pure. A place that leaves still takes room until its process is gone: its memory is
 * not free before.
 * @param maxCount most places on the node, leaving ones included; what has no room now is started by a later plan
 */
export const reconcile = <P extends Place>(desired: WorkerCounts, places: readonly P[], maxCount: number): Plan<P> => {
  const taken = new Set(places.map(({ index }) => index))
  const start: { pool: string; index: number }[] = []
  const leave: P[] = []
  for (const [pool, count] of desired) {
    const staying = places.filter((place) => place.pool === pool && place.phase !== 'leaving').sort(cheapestFirst)
    leave.push(...staying.slice(0, Math.max(0, staying.length - count)))
    for (let missing = count - staying.length; missing > 0 && taken.size < maxCount; missing -= 1)
      start.push({ pool, index: lowestFree(taken) })
  }
  return { start, leave }
}
