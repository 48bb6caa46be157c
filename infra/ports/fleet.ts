import type { CountBounds } from '../domain/scaling.ts'

/** One zone's part of a pool. Counts of nodes. */
export interface ZoneView {
  readonly zone: string
  readonly desiredCount: number
  readonly placedCount: number
  readonly runningCount: number
  /** of them found ready by the fleet's own health check; undefined = it has none */
  readonly readyCount: number | undefined
  readonly bounds: CountBounds | undefined
}

/** A pool as whoever places its workers sees it. Counts of allocations: one is one node, or one worker on a laptop. */
export interface FleetView {
  /** asked for */
  readonly desiredCount: number
  /** of them in a place, starting or running */
  readonly placedCount: number
  /** of them running; whether a model is loaded only the workers themselves can tell */
  readonly runningCount: number
  /** limits that are enforced there, whatever we ask for */
  readonly bounds: CountBounds | undefined
  /** what the count was read from: a change names it, and fails when somebody else changed something meanwhile */
  readonly version: string
  /** the same by zone, where there are several that can be asked one by one; the counts above are their sums */
  readonly zones?: readonly ZoneView[] | undefined
}

/** A wish to have another count. */
export interface CountChange {
  readonly pool: string
  readonly count: number
  /**
   * counts by zone that add up to it, needed where the view has zones. Zones are raised in this order, then lowered in it; a
   * change that fails on its way leaves what was done until then
   */
  readonly zones?: readonly { readonly zone: string; readonly count: number }[] | undefined
  /** of the view that the wish is based on */
  readonly version: string
  /** one line for people who look there */
  readonly message: string
  /** facts for programs that look there */
  readonly meta: { readonly [name: string]: string }
}

/**
 * - `not-now`: a release is under way there; ask again later, nothing is wrong
 * - `conflict`: somebody else changed something since the view: look again and decide again
 * - `out-of-bounds`: the limits there changed since the view
 */
export type CountChanged =
  | { readonly kind: 'applied' }
  | { readonly kind: 'not-now' | 'conflict' | 'out-of-bounds'; readonly why: string }

/**
 * What runs the workers.
 * @throws UnavailableError when it does not answer
 * @throws FleetDeniedError when it refuses our credentials
 * @throws PoolUnknownError when it knows no such pool
 */
export interface Fleet {
  view(pool: string): Promise<FleetView>
  setCount(change: CountChange): Promise<CountChanged>
  /** Leave a line where people look, without changing anything. */
  note(pool: string, message: string, meta: CountChange['meta']): Promise<void>
}
