import type { Job, ModelRef, Timings } from '../infra/domain/job.ts'
import type { TaskName } from '../infra/domain/task.ts'
import type { Finish } from '../infra/ports/job-store.ts'
import { type Batcher, createBatcher } from './batcher.ts'
import type { BatchPolicy } from './batching.ts'
import type { Executor, TaskAnswer, TaskItem } from './executor.ts'
import { type LoadDeps, loadItem } from './load-item.ts'
import type { ServiceRate } from './service-rate.ts'
import { JobWithdrawnError, type WithdrawnAt } from './settle.ts'

export interface RunDeps extends LoadDeps {
  readonly executor: Executor
  /** told of every batch that ran */
  readonly rate?: Pick<ServiceRate, 'ran'>
}

interface Ran {
  readonly answer: TaskAnswer
  readonly startedAt: number
  readonly inferMs: number
}

/**
 * A claimed job to its outcome: fetch and decode, wait for the batch, infer.
 * @param withdrawn fires when the outcome will be dropped anyway; a model that runs already cannot be interrupted
 * @throws JobWithdrawnError when that came before the model
 * @throws what `settle` understands
 */
export type RunJob = (
  job: Job,
  withdrawn: AbortSignal,
) => Promise<Pick<Finish, 'state' | 'result' | 'error' | 'models' | 'timings'>>

/** @param slotCount batches under way at once, for each task */
export const createRunJob = (deps: RunDeps, policy: BatchPolicy, slotCount: number): RunJob => {
  const { clock, executor, metrics, rate } = deps
  const batchers = new Map<TaskName, Batcher<TaskItem, Ran>>()

  const runBatch = async (task: TaskName, items: readonly TaskItem[]): Promise<readonly Ran[]> => {
    const startedAt = clock.monotonic()
    metrics.batch(task, items.length)
    const answers = await executor.run(task, items)
    const inferMs = clock.monotonic() - startedAt
    metrics.hop('infer', task, inferMs)
    rate?.ran(items.length, inferMs)
    return answers.map((answer) => ({ answer, startedAt, inferMs }))
  }

  const batcherOf = (task: TaskName): Batcher<TaskItem, Ran> => {
    let batcher = batchers.get(task)
    if (!batcher) {
      batcher = createBatcher({ ...policy, slotCount, clock, run: (items) => runBatch(task, items) })
      batchers.set(task, batcher)
    }
    return batcher
  }

  return async (job, withdrawn) => {
    let at: WithdrawnAt = 'fetch'
    const asWithdrawn = (error: unknown): never => {
      throw withdrawn.aborted && error === withdrawn.reason ? new JobWithdrawnError(at) : error
    }
    // Both instants are the database's, so the remaining time is right whatever this machine's clock says.
    const expiresAt = clock.monotonic() + job.deadline - (job.startedAt ?? job.createdAt)
    const { item, timings } = await loadItem(deps, job, withdrawn).catch(asWithdrawn)
    const readyAt = clock.monotonic()
    at = 'batch-wait'
    const { answer, startedAt, inferMs } = await batcherOf(job.task).add(item, expiresAt, withdrawn).catch(asWithdrawn)
    const batchWaitMs = startedAt - readyAt
    metrics.hop('batch-wait', job.task, batchWaitMs)
    return toOutcome(answer, executor.models[job.task] ?? [], { ...timings, batchWaitMs, inferMs })
  }
}

const toOutcome = (answer: TaskAnswer, models: readonly ModelRef[], timings: Timings) =>
  answer.kind === 'result'
    ? ({ state: 'succeeded', result: answer.result, error: null, models, timings } as const)
    : ({ state: 'failed', result: null, error: answer.error, models, timings } as const)
