import type { Job, Timings } from '../infra/domain/job.ts'
import type { TaskName } from '../infra/domain/task.ts'
import type { Finish } from '../infra/ports/job-store.ts'
import type { BatchPolicy } from './batching.ts'
import type { Executor, TaskItem } from './executor.ts'
import { type LoadDeps, loadItem } from './load-item.ts'
import { createModelRuns, type ModelRuns, type Ran } from './model-runs.ts'
import type { PartOf } from './rollout/part.ts'
import type { ServiceRate } from './service-rate.ts'
import { JobWithdrawnError, type WithdrawnAt } from './settle.ts'

export interface RunDeps extends LoadDeps {
  readonly executor: Executor
  /** told of every batch that ran */
  readonly rate?: Pick<ServiceRate, 'ran'>
  /** batches of the executor, where others look at them too; its own unless told */
  readonly runs?: ModelRuns
  /** what rollouts want of a job; nothing unless told */
  readonly partOf?: PartOf
}

/** How a job came out. */
export interface JobRun {
  readonly outcome: Pick<Finish, 'state' | 'result' | 'error' | 'models' | 'thresholdSet' | 'timings'>
  /** what is to be done once the outcome is settled; nobody waits for it */
  readonly afterwards?: () => void
}

/**
 * A claimed job to its outcome: fetch and decode, wait for the batch, infer.
 * @param withdrawn fires when the outcome will be dropped anyway; a model that runs already cannot be interrupted
 * @throws JobWithdrawnError when that came before the model
 * @throws what `settle` understands
 */
export type RunJob = (job: Job, withdrawn: AbortSignal) => Promise<JobRun>

type Decides = Pick<Executor, 'models' | 'thresholds'>

/** @param slotCount batches under way at once, for each task */
export const createRunJob = (deps: RunDeps, policy: BatchPolicy, slotCount: number): RunJob => {
  const { clock, executor, metrics, partOf } = deps
  const runs = deps.runs ?? createModelRuns(deps, policy, slotCount)

  return async (job, withdrawn) => {
    let at: WithdrawnAt = 'fetch'
    const asWithdrawn = (error: unknown): never => {
      throw withdrawn.aborted && error === withdrawn.reason ? new JobWithdrawnError(at) : error
    }
    // Both instants are the database's, so the remaining time is right whatever this machine's clock says.
    const expiresAt = clock.monotonic() + job.deadline - (job.startedAt ?? job.createdAt)
    const load = () => loadItem(deps, job, withdrawn).catch(asWithdrawn)
    const part = partOf?.(job)
    let loaded = await load()
    const infer = async (decides: Decides, run: (item: TaskItem) => Promise<Ran | undefined>) => {
      const readyAt = clock.monotonic()
      at = 'batch-wait'
      const ran = await run(loaded.item).catch(asWithdrawn)
      if (!ran) return undefined
      const batchWaitMs = ran.startedAt - readyAt
      metrics.hop('batch-wait', job.task, batchWaitMs)
      return {
        ran,
        outcome: toOutcome(job.task, ran, decides, { ...loaded.timings, batchWaitMs, inferMs: ran.inferMs }),
      }
    }

    if (part?.kind === 'canary') {
      const tried = await infer(part.decides, (item) => part.run(item, expiresAt, withdrawn))
      if (tried) return { outcome: tried.outcome }
      // Its pixels went with the candidate.
      loaded = await load()
    }
    const held = part?.kind === 'shadow' ? part.hold(loaded.item) : undefined
    try {
      const done = await infer(executor, (item) => runs.run(job.task, item, expiresAt, withdrawn))
      if (!done) throw new TypeError('a batch ran without an answer')
      if (part?.kind === 'beside') part.count(done.ran)
      return { outcome: done.outcome, ...(held && { afterwards: () => held.judge(done.ran) }) }
    } catch (error) {
      held?.drop()
      throw error
    }
  }
}

const toOutcome = (
  task: TaskName,
  { answer }: Pick<Ran, 'answer'>,
  { models, thresholds }: Decides,
  timings: Timings,
): JobRun['outcome'] => {
  const decided = { models: models[task] ?? [], thresholdSet: thresholds?.[task]?.digest, timings }
  return answer.kind === 'result'
    ? { state: 'succeeded', result: answer.result, error: null, ...decided }
    : { state: 'failed', result: null, error: answer.error, ...decided }
}
