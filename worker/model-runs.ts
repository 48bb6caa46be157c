import type { TaskName } from '../infra/domain/task.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import { type Batcher, createBatcher } from './batcher.ts'
import type { BatchPolicy } from './batching.ts'
import type { Executor, TaskAnswer, TaskItem } from './executor.ts'
import type { ServiceRate } from './service-rate.ts'

/** One item's share of a batch that ran. */
export interface Ran {
  readonly answer: TaskAnswer
  /** monotonic ms */
  readonly startedAt: number
  /** of the whole batch */
  readonly inferMs: number
  /** items of the batch (count) */
  readonly batchSize: number
}

/** Gathers items into batches for one set of models: a batch never mixes two. */
export interface ModelRuns {
  /**
   * @param expiresAt monotonic ms
   * @param withdrawn takes the item back while it waits
   * @throws DeadlinePassedError, the signal's reason, and what the executor throws
   */
  run(task: TaskName, item: TaskItem, expiresAt: number, withdrawn?: AbortSignal): Promise<Ran>
  /** nothing runs and nothing waits */
  isIdle(): boolean
  /** batches begun so far (count) */
  batchCount(): number
}

export interface ModelRunsDeps {
  readonly executor: Pick<Executor, 'run'>
  readonly metrics: Metrics
  readonly clock: Clock
  /** told of every batch that ran */
  readonly rate?: Pick<ServiceRate, 'ran'>
}

/** @param slotCount batches under way at once, for each task */
export const createModelRuns = (deps: ModelRunsDeps, policy: BatchPolicy, slotCount: number): ModelRuns => {
  const { clock, executor, metrics, rate } = deps
  const batchers = new Map<TaskName, Batcher<TaskItem, Ran>>()
  let [begunCount, runningCount] = [0, 0]

  const runBatch = async (task: TaskName, items: readonly TaskItem[]): Promise<readonly Ran[]> => {
    const startedAt = clock.monotonic()
    metrics.batch(task, items.length)
    begunCount += 1
    runningCount += 1
    try {
      const answers = await executor.run(task, items)
      const inferMs = clock.monotonic() - startedAt
      metrics.hop('infer', task, inferMs)
      rate?.ran(items.length, inferMs)
      return answers.map((answer) => ({ answer, startedAt, inferMs, batchSize: items.length }))
    } finally {
      runningCount -= 1
    }
  }

  const batcherOf = (task: TaskName): Batcher<TaskItem, Ran> => {
    let batcher = batchers.get(task)
    if (!batcher) {
      batcher = createBatcher({ ...policy, slotCount, clock, run: (items) => runBatch(task, items) })
      batchers.set(task, batcher)
    }
    return batcher
  }

  return {
    run: (task, item, expiresAt, withdrawn) => batcherOf(task).add(item, expiresAt, withdrawn),
    isIdle: () => runningCount === 0 && [...batchers.values()].every((batcher) => batcher.waitingCount() === 0),
    batchCount: () => begunCount,
  }
}
