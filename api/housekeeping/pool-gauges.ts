import type { Pool } from '../../infra/domain/pools.ts'
import type { Dispatcher, PoolLoad } from '../../infra/ports/dispatcher.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'

const GAUGES = {
  windowCount: ['muster_dispatch_window', 'Jobs that may be with the broker and the workers of a pool at once'],
  dispatchedCount: ['muster_dispatch_dispatched', 'Jobs that are with the broker or the workers of a pool'],
  heldCount: ['muster_dispatch_held', 'Jobs that wait for their turn in a pool'],
  ratePerSecond: ['muster_dispatch_rate', 'Jobs a second the workers of a pool do, as admission reckons with'],
} as const satisfies Record<keyof PoolLoad, readonly [string, string]>

/** Shows how pools are loaded. @returns looks again; what cannot be known keeps its last value */
export const createPoolGauges = (
  { dispatcher, metrics }: { readonly dispatcher: Pick<Dispatcher, 'load'>; readonly metrics: Metrics },
  pools: readonly Pool[],
): (() => Promise<void>) => {
  const loads = new Map<string, PoolLoad>()
  for (const [member, [name, help]] of Object.entries(GAUGES)) {
    const read = () => new Map([...loads].map(([pool, load]) => [pool, load[member as keyof PoolLoad]]))
    metrics.gauges(name, help, 'pool', read)
  }
  return async () => {
    for (const { name } of pools) {
      const load = await dispatcher.load(name).catch(() => undefined)
      if (load) loads.set(name, load)
    }
  }
}
