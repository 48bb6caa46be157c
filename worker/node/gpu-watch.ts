import type { Logger } from '../../infra/ports/logger.ts'
import type { GpuUse, GpuWatch } from '../../infra/ports/machine.ts'
import { repeat } from '../../infra/runtime/repeat.ts'

/** The driver is asked by a process of its own: often enough to look at, too seldom to be felt. */
const LOOK_MS = 15_000

/** Keeps what the driver said last: nobody waits for it. Where there is no driver, or it does not answer, nothing is known. */
export const startGpuWatch = (
  machine: GpuWatch,
  log: Logger,
): { readonly latest: () => readonly GpuUse[]; stop(): Promise<void> } => {
  let latest: readonly GpuUse[] = []
  const look = async (): Promise<void> => {
    latest = await machine.gpuUses()
  }
  void look().catch(() => {})
  const looking = repeat('look at GPUs', LOOK_MS, log, look)
  return { latest: () => latest, stop: () => looking.stop() }
}
