import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { QuarantineStore } from '../infra/ports/quarantine-store.ts'
import { type Repeated, repeat } from '../infra/runtime/repeat.ts'

/** Nodes say once a minute that a quarantine holds; one that is gone says nothing any more. */
const BELIEVED_MS = 300_000
const LOOK_MS = 60_000

/**
 * Shows how many nodes of each pool keep a device from work: they are counted as nodes, and do nothing.
 * @returns looks once; to be repeated
 */
export const showQuarantines = (
  store: Pick<QuarantineStore, 'active'>,
  pools: readonly string[],
  { metrics, log }: { readonly metrics: Pick<Metrics, 'gauges'>; readonly log: Logger },
): (() => Promise<void>) => {
  let counts: ReadonlyMap<string, number> = new Map()
  let told: ReadonlySet<string> = new Set()
  const help = 'Devices of nodes of the pool that failed and get no jobs'
  metrics.gauges('muster_autoscaler_quarantined_devices', help, 'pool', () => counts)
  return async () => {
    const active = await store.active(BELIEVED_MS)
    const of = (pool: string) => active.filter((one) => one.pools.split(' ').includes(pool)).length
    counts = new Map(pools.map((pool) => [pool, of(pool)]))
    for (const { node, device, pools: whose, why, since } of active)
      if (!told.has(`${node} ${device} ${since}`))
        log.warn({ node, device, pools: whose, why }, 'a device is quarantined')
    told = new Set(active.map(({ node, device, since }) => `${node} ${device} ${since}`))
  }
}

/** The same, again and again. */
export const watchQuarantines = (...args: Parameters<typeof showQuarantines>): Repeated =>
  repeat('quarantined devices', LOOK_MS, args[2].log, showQuarantines(...args))
