import type { NodeDevice } from '../../infra/domain/fleet-node.ts'
import type { GpuUse } from '../../infra/ports/machine.ts'
import type { Quarantined } from './quarantine.ts'

/** All workers of a node share its first GPU: that one goes by the name of the device, the others are told apart. */
const nameOf = ({ index }: GpuUse): string => (index === 0 ? 'cuda' : `cuda:${index}`)

/**
 * The devices of a node, by name: those that workers run on, those that are quarantined, and the GPUs of the machine. Pure.
 * @param used by workers
 */
export const devicesOf = (
  used: readonly string[],
  quarantined: readonly Quarantined[],
  gpus: readonly GpuUse[],
): readonly NodeDevice[] => {
  const names = new Set([...used, ...quarantined.map(({ device }) => device), ...gpus.map(nameOf)])
  return [...names].sort().map((name) => {
    const gpu = gpus.find((one) => nameOf(one) === name)
    const broken = quarantined.find(({ device }) => device === name)
    return {
      name,
      gpu: gpu?.name ?? null,
      driver: gpu?.driver ?? null,
      memoryBytes: gpu?.memoryBytes ?? null,
      memoryUsedBytes: gpu?.memoryUsedBytes ?? null,
      utilisationRatio: gpu?.utilisationRatio ?? null,
      quarantine: broken ? { why: broken.why, since: broken.since } : null,
    }
  })
}
