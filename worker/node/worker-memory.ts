import type { TaskName } from '../../infra/domain/task.ts'

/** What a process holds after work, in MB. @source docs/benchmarks.md, on a CPU */
export const WORKER_MB: Readonly<Record<TaskName, number>> = { 'face-match': 361, liveness: 309, ocr: 600 }
export const SUPERVISOR_MB = 114

/** In bytes, as containers and Nomad count them. */
export const MIB = 1024 * 1024

/** What a worker of a pool needs, for all its tasks. */
export const workerBytesOf = (tasks: readonly TaskName[]): number =>
  tasks.reduce((sum, task) => sum + WORKER_MB[task], 0) * MIB
