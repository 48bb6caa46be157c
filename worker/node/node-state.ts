import type { ToldState } from '../../infra/domain/fleet-node.ts'
import type { PoolReport } from './pool-report.ts'
import type { WorkerReport } from './worker-slot.ts'

/** What a supervisor knows of itself. */
export interface NodeSeen {
  readonly workers: readonly Pick<WorkerReport, 'phase' | 'restarts'>[]
  readonly pools: readonly Pick<PoolReport, 'desired' | 'ready'>[]
  readonly stopping: boolean
  /** a person wishes that it does no work */
  readonly draining: boolean
  /** one of its devices is */
  readonly quarantined: boolean
}

const isWell = ({ phase, restarts }: NodeSeen['workers'][number]): boolean =>
  phase === 'leaving' || (phase === 'starting' && restarts === 0)

/** How a node is, in one word. Pure. A person's wish is told before a device's fault: both keep it from work. */
export const stateOf = ({ workers, pools, stopping, draining, quarantined }: NodeSeen): ToldState => {
  if (stopping) return 'stopping'
  if (draining) return workers.length === 0 ? 'drained' : 'draining'
  if (quarantined) return 'quarantined'
  if (pools.every(({ desired, ready }) => ready >= desired)) return 'ready'
  // Those that are ready may have lost the broker: then fewer take jobs than there are.
  const readyCount = pools.reduce((sum, { ready }) => sum + ready, 0)
  const deaf = workers.filter(({ phase }) => phase === 'ready').length > readyCount
  return deaf || workers.some((one) => one.phase !== 'ready' && !isWell(one)) ? 'degraded' : 'starting'
}
