import type { TaskName } from '../../infra/domain/task.ts'
import type { Machine } from '../../infra/ports/machine.ts'
import type { Profile } from './profile.ts'
import type { WantedCounts, WorkerCounts } from './worker-counts.ts'
import { MIB, SUPERVISOR_MB, workerBytesOf } from './worker-memory.ts'
import { type Budget, workersFor } from './workers-for.ts'

/** How many workers of a pool were chosen, and why in words. */
export interface Choice {
  readonly pool: string
  readonly count: number
  readonly why: string
}

/** What the choice depends on. Bytes that are undefined are looked up. */
export interface ChooseSettings {
  readonly maxCount: number
  /** tried in this order */
  readonly devices: readonly string[]
  readonly tasksOf: (pool: string) => readonly TaskName[]
  readonly memoryBytes: number | undefined
  readonly workerBytes: number | undefined
  readonly gpuWorkerBytes: number
}

/** What is known of the machine, and of what was measured; a profile that cannot be read is none. */
export interface ChooseDeps {
  readonly machine: Machine
  readonly readProfile: (pool: string, device: string) => Promise<Profile>
}

/** Pools that are `auto` share what the others leave, each as much as the next. */
const shareOf = (whole: number, taken: number, sharerCount: number): number =>
  Math.max(0, whole - taken) / Math.max(1, sharerCount)

/** Turn what people wrote into a number for each pool. Those that are `auto` are chosen here, once, at the start. */
export const chooseCounts = async (
  wanted: WantedCounts,
  settings: ChooseSettings,
  { machine, readProfile }: ChooseDeps,
): Promise<{ readonly counts: WorkerCounts; readonly choices: readonly Choice[] }> => {
  const fixed = [...wanted].flatMap(([pool, count]) => (count === 'auto' ? [] : [[pool, count] as const]))
  const open = [...wanted.keys()].filter((pool) => wanted.get(pool) === 'auto')
  if (open.length === 0) return { counts: new Map(fixed), choices: [] }
  const { maxCount, devices, tasksOf, gpuWorkerBytes } = settings
  const bytesOf = (pool: string) => settings.workerBytes ?? workerBytesOf(tasksOf(pool))
  const fixedCount = fixed.reduce((sum, [, count]) => sum + count, 0)
  const fixedBytes = fixed.reduce((sum, [pool, count]) => sum + count * bytesOf(pool), SUPERVISOR_MB * MIB)
  const [gpu] = devices.includes('cuda') ? await machine.gpus() : []
  const device = gpu ? 'cuda' : (devices.find((one) => one !== 'cuda') ?? 'cuda')
  const memory = shareOf(settings.memoryBytes ?? machine.memoryBytes(), fixedBytes, open.length)
  const gpuMemory = gpu && shareOf(gpu.memoryBytes, fixedCount * gpuWorkerBytes, open.length)
  const most = Math.floor(shareOf(maxCount, fixedCount, open.length))
  const choices: Choice[] = []
  for (const pool of open) {
    const { measurements, doubt } = await readProfile(pool, device)
    const budgets: readonly Budget[] = [
      { what: 'memory', bytes: memory, perWorkerBytes: bytesOf(pool) },
      ...(gpuMemory === undefined ? [] : [{ what: 'GPU memory', bytes: gpuMemory, perWorkerBytes: gpuWorkerBytes }]),
    ]
    const { count, why } = workersFor({ measurements, budgets, most })
    choices.push({ pool, count, why: `on ${device}, ${why}${doubt ? ` (${doubt})` : ''}` })
  }
  return { counts: new Map([...fixed, ...choices.map(({ pool, count }) => [pool, count] as const)]), choices }
}
