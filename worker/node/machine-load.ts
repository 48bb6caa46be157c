import { availableParallelism, loadavg } from 'node:os'
import type { MachineLoad } from '../../infra/domain/fleet-node.ts'

/** The minute's mean of what wants to run, for each core. A container sees that of its machine. */
export const machineLoad = (): MachineLoad => {
  const coreCount = availableParallelism()
  return { coreCount, perCore: Number(((loadavg()[0] ?? 0) / coreCount).toFixed(2)) }
}
