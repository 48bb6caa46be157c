import type { TaskName } from '../../../infra/domain/task.ts'
import { TASK_NAMES } from '../../../infra/domain/task.ts'
import { type Child, startChild } from '../child.ts'
import type { Measured } from '../latency.ts'
import { cpuSeconds, residentMb } from '../proc.ts'
import { type BenchStack, startBenchStack } from '../servers.ts'

export interface TaskOptions {
  readonly batchSizes: readonly number[]
  readonly concurrency: number
  readonly durationMs: number
  readonly warmUpMs: number
  readonly say: (line: string) => void
}

export interface TaskRow {
  readonly task: TaskName
  /** most jobs in one batch; 1 = batching off */
  readonly batchSize: number
  readonly checks: Measured
  /** checks a second of the bare loop at the same batch size */
  readonly barePerSecond: number
  /** rate through Muster over rate of the bare loop */
  readonly toBare: number
  /** checks for each CPU second of api and worker together */
  readonly perCoreSecond: number
  /** from the start of the worker process to its first delivery */
  readonly coldStartMs: number
  readonly restMb: { readonly api: number; readonly worker: number }
  readonly afterWorkMb: { readonly api: number; readonly worker: number }
}

const program = (path: string): URL => new URL(path, import.meta.url)

/**
 * Every real task through the whole of Muster, one worker with one inference thread, against its bare model loop. The
 * two never run at the same time.
 */
export const measureTasks = async (options: TaskOptions): Promise<readonly TaskRow[]> => {
  const stack = await startBenchStack('face-match=face-match liveness=liveness ocr=ocr')
  try {
    const rows: TaskRow[] = []
    for (const task of TASK_NAMES)
      for (const batchSize of options.batchSizes) rows.push(await measureTask(stack, task, batchSize, options))
    return rows
  } finally {
    await stack.stop()
  }
}

const measureBare = async (stack: BenchStack, task: TaskName, batchSize: number, options: TaskOptions) => {
  const bare = await startChild(program('./bare-loop.ts'), { ...stack.env, TASK: task, BATCH_SIZE: String(batchSize) })
  const { perSecond } = await bare.ask<Measured>({ warmUpMs: options.warmUpMs, durationMs: options.durationMs })
  await bare.stop()
  return perSecond * batchSize
}

const measureTask = async (
  stack: BenchStack,
  task: TaskName,
  batchSize: number,
  options: TaskOptions,
): Promise<TaskRow> => {
  const { concurrency, durationMs, warmUpMs, say } = options
  const barePerSecond = await measureBare(stack, task, batchSize, options)
  const children: Child[] = []
  const start = async (path: string, extra: Readonly<Record<string, string>> = {}) => {
    const child = await startChild(program(path), { ...stack.env, ...extra })
    children.push(child)
    return child
  }
  try {
    const api = await start('./api.ts')
    const startedAt = performance.now()
    const worker = await start('../../../worker/main.ts', { WORKER_POOL: task, WORKER_BATCH_MAX: String(batchSize) })
    const coldStartMs = performance.now() - startedAt
    const caller = await start('./check-load.ts')
    const memory = () => ({ api: residentMb(api.pid), worker: residentMb(worker.pid) })
    const cpu = () => cpuSeconds(api.pid) + cpuSeconds(worker.pid)
    const restMb = memory()
    const question = { url: stack.apiUrl, apiKey: stack.apiKey, task, concurrency }
    await caller.ask({ ...question, warmUpMs: 0, durationMs: warmUpMs })
    const cpuBefore = cpu()
    const checks = await caller.ask<Measured>({ ...question, warmUpMs: 0, durationMs })
    const perCoreSecond = checks.count / (cpu() - cpuBefore)
    say(`${task}, batch ${batchSize}: ${checks.perSecond.toFixed(1)}/s, bare ${barePerSecond.toFixed(1)}/s`)
    const toBare = checks.perSecond / barePerSecond
    return { task, batchSize, checks, barePerSecond, toBare, perCoreSecond, coldStartMs, restMb, afterWorkMb: memory() }
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}
