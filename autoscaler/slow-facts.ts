import type { Pool } from '../infra/domain/pools.ts'
import type { BootRecord } from '../infra/ports/boot-record.ts'
import type { CapacityStore } from '../infra/ports/capacity-store.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { ModelCatalog } from '../infra/ports/model-catalog.ts'
import { type BootTime, bootTime } from './boot-time.ts'
import { type Capacity, capacityOf, modelsOf } from './capacity.ts'

export interface SlowFactsDeps {
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly boots: Pick<BootRecord, 'starts'>
  readonly capacities: Pick<CapacityStore, 'latest'>
  readonly models: Pick<ModelCatalog, 'list'>
  readonly clock: Clock
}

/** What holds where nothing was measured. */
export interface Configured {
  /** from asking for a node to its first finished job */
  readonly bootMs: number
  /** checks a second of one node of a pool */
  capacityPerNode(pool: string): number
}

/** What changes seldom. */
export type SlowFacts = BootTime & Capacity

/** Gives up on a read that takes too long: undefined then, and when it fails. */
type Within = <T>(read: () => Promise<T>) => Promise<T | undefined>

/** Looked at again after this. */
const FRESH_MS = 60_000
const LOOK_BACK_MS = 14 * 86_400_000
const MOST_ROWS = 200

/** What was read last of each pool, for a while; where it cannot be read any more it stays. */
const remembering = <T>(clock: Clock, within: Within) => {
  const known = new Map<string, { readonly value: T; readonly readAt: number }>()
  return async (pool: string, read: () => Promise<T>, otherwise: T): Promise<T> => {
    const last = known.get(pool)
    const now = clock.monotonic()
    if (last && now - last.readAt < FRESH_MS) return last.value
    const value = await within(read)
    if (value !== undefined) known.set(pool, { value, readAt: now })
    return value ?? last?.value ?? otherwise
  }
}

/** How long boots take and what a node can do, as far as it was measured. */
export const createSlowFacts = (
  deps: SlowFactsDeps,
  configured: Configured,
  within: Within,
): ((pool: Pool, workersPerNode: number, at: number) => Promise<SlowFacts>) => {
  const [boots, capacities] = [remembering<BootTime>(deps.clock, within), remembering<Capacity>(deps.clock, within)]

  const readBoots = async ({ name }: Pool, workersPerNode: number, now: number): Promise<BootTime> => {
    const since = now - LOOK_BACK_MS
    const [changes, starts] = await Promise.all([
      deps.decisions.list({ pool: name, since, changesOnly: true, limit: MOST_ROWS }),
      deps.boots.starts(name, since, MOST_ROWS),
    ])
    return bootTime(changes, starts, { workersPerNode, configuredMs: configured.bootMs, now })
  }

  const readCapacity = async ({ name, tasks }: Pool, now: number): Promise<Capacity> => {
    const [measurements, catalog, starts] = await Promise.all([
      deps.capacities.latest(),
      deps.models.list(),
      deps.boots.starts(name, now - LOOK_BACK_MS, MOST_ROWS),
    ])
    const device = starts.find((start) => start.device !== null)?.device ?? undefined
    return capacityOf(
      name,
      measurements,
      { models: modelsOf(catalog, tasks), device },
      configured.capacityPerNode(name),
    )
  }

  return async (pool, workersPerNode, at) => {
    const { name } = pool
    const unmeasured = { capacityPerNode: configured.capacityPerNode(name), capacityMeasured: false }
    const [boot, capacity] = await Promise.all([
      boots(name, () => readBoots(pool, workersPerNode, at), { bootMs: configured.bootMs, bootCount: 0 }),
      capacities(name, () => readCapacity(pool, at), { ...unmeasured, capacityDoubt: undefined }),
    ])
    return { ...boot, ...capacity }
  }
}
