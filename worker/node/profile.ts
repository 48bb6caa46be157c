import type { CapacityMeasurement } from '../../infra/ports/capacity-store.ts'
import type { Measured } from './workers-for.ts'

/** What was measured of a pool, fit to choose by; `doubt`: in words, when it was measured with something else. */
export interface Profile {
  readonly measurements: readonly Measured[]
  readonly doubt?: string
}

/**
 * The newest measurement of each number of workers, on this device and with the models that run now. Pure.
 * @param all of one pool, newest first
 * @param models `name@version,...` of what runs; undefined = not known, then those measured last
 */
export const profileOf = (all: readonly CapacityMeasurement[], device: string, models: string | undefined): Profile => {
  const onDevice = all.filter((one) => one.device === device)
  const same = onDevice.filter((one) => one.models === models)
  const used = same.length > 0 ? same : onDevice.filter((one) => one.models === onDevice[0]?.models)
  const byCount = new Map(used.toReversed().map((one) => [one.workersPerNode, one]))
  const measurements = [...byCount.values()].map(({ workersPerNode, checksPerSecond }) => ({
    workersPerNode,
    checksPerSecond,
  }))
  const differs = models !== undefined && same.length === 0 && used.length > 0
  return { measurements, ...(differs && { doubt: 'measured with other models' }) }
}
