import { modelsText } from '../infra/domain/models-text.ts'
import type { Measurement } from '../infra/domain/scaling.ts'
import type { TaskName } from '../infra/domain/task.ts'
import type { CapacityMeasurement } from '../infra/ports/capacity-store.ts'
import type { TaskModels } from '../infra/ports/model-catalog.ts'

/** What runs in a pool now. Undefined = not known, for example because nothing runs. */
export interface Running {
  readonly models: string | undefined
  readonly device: string | undefined
}

/** What is reckoned with. */
export type Capacity = Pick<Measurement, 'capacityPerNode' | 'capacityMeasured' | 'capacityDoubt'>

/** Live nodes that do so much more or less than was measured contradict it. */
const ABOVE_RATIO = 1.25
const BELOW_RATIO = 0.6

/** The models of some tasks as one text that two fleets share when they run the same: `name@version`, sorted. */
export const modelsOf = (catalog: readonly TaskModels[], tasks: readonly TaskName[]): string => {
  const models = catalog.filter(({ task }) => tasks.includes(task)).flatMap((one) => one.models)
  return modelsText(models)
}

const differs = (measured: string, running: string | undefined): boolean =>
  running !== undefined && running !== '' && running !== measured

/** Nobody's node does nothing, and none does without end: such a row would make any count look right. */
const isPossible = ({ checksPerSecond }: CapacityMeasurement): boolean =>
  Number.isFinite(checksPerSecond) && checksPerSecond > 0

/**
 * Which capacity to reckon with: the newest possible one that was measured of the pool, or what is configured. Measured
 * with other models or on another device it still holds, with a doubt: a guess would be no better.
 */
export const capacityOf = (
  pool: string,
  measurements: readonly CapacityMeasurement[],
  running: Running,
  configured: number,
): Capacity => {
  const [newest] = measurements
    .filter((one) => one.pool === pool && isPossible(one))
    .toSorted((a, b) => b.measuredAt - a.measuredAt)
  if (!newest) return { capacityPerNode: configured, capacityMeasured: false, capacityDoubt: undefined }
  const doubts = [
    ...(differs(newest.models, running.models) ? ['for other models'] : []),
    ...(differs(newest.device, running.device) ? [`on ${newest.device}, not on ${running.device}`] : []),
  ]
  return {
    capacityPerNode: newest.checksPerSecond,
    capacityMeasured: true,
    capacityDoubt: doubts.length > 0 ? `capacity measured ${doubts.join(' and ')}` : undefined,
  }
}

const figure = (value: number): string => String(Number(value.toPrecision(3)))

/** What to report when busy nodes do much more or much less than was measured; undefined = they agree, or it is not known. */
export const contradiction = ({
  pool,
  capacityPerNode,
  capacityMeasured,
  livePerNode,
}: Pick<Measurement, 'pool' | 'capacityPerNode' | 'capacityMeasured' | 'livePerNode'>): string | undefined => {
  if (!capacityMeasured || livePerNode === undefined) return undefined
  const ratio = livePerNode / capacityPerNode
  if (ratio <= ABOVE_RATIO && ratio >= BELOW_RATIO) return undefined
  const [live, measured] = [figure(livePerNode), figure(capacityPerNode)]
  return `a busy node of ${pool} does ${live} checks a second, measured were ${measured}: measure it again`
}
