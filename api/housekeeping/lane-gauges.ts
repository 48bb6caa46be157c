import type { LaneSigns } from '../../infra/doctor/judge-rows.ts'
import type { Pool } from '../../infra/domain/pools.ts'
import { LANES } from '../../infra/domain/task.ts'
import type { Waiting } from '../../infra/ports/doctor.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'

/** What was last seen of the lanes. */
export interface LanesSeen {
  /** those that could be looked at */
  readonly lanes: readonly LaneSigns[]
  readonly waiting: readonly Waiting[]
}

const LABELS = ['pool', 'lane'] as const

const oldestMs = (waiting: readonly Waiting[], { tasks }: Pool, lane: string): number =>
  Math.max(0, ...waiting.filter((one) => one.lane === lane && tasks.includes(one.task)).map((one) => one.oldestMs))

/**
 * Shows each lane of each pool: what waits with the broker, who takes it, and since when the oldest job has waited.
 * @returns tell it of each look. A lane that could not be looked at has no value: that is not 0
 */
export const showLanes = (metrics: Metrics, pools: readonly Pool[]): ((seen: LanesSeen) => void) => {
  let seen: LanesSeen | undefined
  const signs = (read: (lane: LaneSigns) => number) => () =>
    (seen?.lanes ?? []).map((lane) => [[lane.pool, lane.lane], read(lane)] as const)
  metrics.gaugeTable(
    'muster_queue_ready',
    'Messages that wait with the broker',
    LABELS,
    signs(({ readyCount }) => readyCount),
  )
  metrics.gaugeTable(
    'muster_queue_consumers',
    'Subscriptions to the lane',
    LABELS,
    signs(({ consumerCount }) => consumerCount),
  )
  const help = 'Since when the job has waited that waits longest, with the broker or for its turn; 0 when none does'
  metrics.gaugeTable('muster_queue_oldest_seconds', help, LABELS, () => {
    const waiting = seen?.waiting
    if (!waiting) return []
    return pools.flatMap((pool) =>
      LANES.map((lane) => [[pool.name, lane], oldestMs(waiting, pool, lane) / 1_000] as const),
    )
  })
  return (now) => {
    seen = now
  }
}
