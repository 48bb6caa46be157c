import type { Pool } from '../infra/domain/pools.ts'
import type { Measurement } from '../infra/domain/scaling.ts'
import type { BootRecord } from '../infra/ports/boot-record.ts'
import type { CapacityStore } from '../infra/ports/capacity-store.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { DemandStore } from '../infra/ports/demand-store.ts'
import type { Dispatcher } from '../infra/ports/dispatcher.ts'
import type { Fleet, FleetView } from '../infra/ports/fleet.ts'
import type { JobQueue } from '../infra/ports/job-queue.ts'
import type { ModelCatalog } from '../infra/ports/model-catalog.ts'
import type { OpenWork } from '../infra/ports/open-work.ts'

/** Where the signals come from. */
export interface MeasureDeps {
  readonly work: OpenWork
  readonly demand: Pick<DemandStore, 'minutes' | 'sources'>
  readonly queue: Pick<JobQueue, 'depth' | 'connectedMs'>
  readonly dispatcher: Pick<Dispatcher, 'load'>
  readonly fleet: Pick<Fleet, 'view'>
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly boots: Pick<BootRecord, 'starts'>
  readonly capacities: Pick<CapacityStore, 'latest'>
  readonly models: Pick<ModelCatalog, 'list'>
  readonly clock: Clock
}

/** What holds where nothing was measured. */
export interface MeasureConfig {
  readonly pools: readonly Pool[]
  /** from asking for a node to its first finished job */
  readonly bootMs: number
  /** checks a second of one node of a pool */
  capacityPerNode(pool: string): number
  /** one read may take this long; 2 s unless told */
  readonly readTimeoutMs?: number
}

/** One look at a pool. */
export interface Look {
  readonly measurement: Measurement
  /** of the same look: a change of the count names its version. undefined = the fleet did not answer */
  readonly view: FleetView | undefined
  /** why it did not, for people and for telling what no retry mends */
  readonly fleetError: unknown
}

/** Reads all signals of a pool, at once and each within its own time. Never throws: what cannot be read is unknown. */
export type Measure = (pool: string) => Promise<Look>

export const createMeasure = (_deps: MeasureDeps, _config: MeasureConfig): Measure => {
  throw new Error('comes next')
}
