import type { TaskName } from '../infra/domain/task.ts'
import type { TraceContext } from '../infra/domain/trace-context.ts'
import type { Span, SpanAttributes, Tracer } from '../infra/ports/tracer.ts'
import { errorTypeOf } from '../infra/runtime/in-span.ts'
import type { Executor, TaskItem } from './executor.ts'
import type { ModelRuns } from './model-runs.ts'
import type { RunJob } from './run-job.ts'

/** How a run comes out is what its delivery is remembered by. */
export const tracedRunJob =
  (tracer: Tracer, runJob: RunJob): RunJob =>
  async (job, withdrawn) => {
    const span = tracer.active()
    if (!span?.recorded) return runJob(job, withdrawn)
    try {
      const run = await runJob(job, withdrawn)
      const { state, error } = run.outcome
      span.set({ 'muster.job.state': state, ...(error && { 'muster.job.error': error.code }) })
      return run
    } catch (error) {
      span.fail(errorTypeOf(error))
      throw error
    }
  }

/** Spans of what jobs do together. */
export interface TracedBatches {
  /** one span for each batch, linked to the jobs in it that are recorded; none where none is */
  executor(executor: Pick<Executor, 'run'>): Pick<Executor, 'run'>
  /** of each job, its wait and its share; the share is linked to the batch */
  runs(runs: ModelRuns): ModelRuns
}

/** A batch belongs to no job: it is a trace of its own, and links lead there and back. */
export const tracedBatches = (tracer: Tracer): TracedBatches => {
  const members = new WeakMap<TaskItem, Span>()
  const batches = new WeakMap<TaskItem, { readonly context: TraceContext; readonly startedAt: number }>()

  const begin = (task: TaskName, items: readonly TaskItem[]): Span | undefined => {
    const recorded = items.flatMap((item) => members.get(item)?.context ?? [])
    if (recorded.length === 0) return undefined
    const startedAt = performance.now()
    const span = tracer.begin('batch', {
      startedAt,
      parent: 'none',
      recordedAs: recorded[0],
      links: recorded,
      attributes: { 'muster.task': task, 'muster.batch.size': items.length },
    })
    for (const item of items) batches.set(item, { context: span.context, startedAt })
    return span
  }

  return {
    executor: (executor) => ({
      async run(task, items) {
        const span = begin(task, items)
        if (!span) return executor.run(task, items)
        try {
          return await executor.run(task, items)
        } catch (error) {
          span.fail(errorTypeOf(error))
          throw error
        } finally {
          span.end()
        }
      },
    }),
    runs: (runs) => ({
      ...runs,
      async run(task, item, expiresAt, withdrawn) {
        const parent = tracer.active()
        if (!parent?.recorded) return runs.run(task, item, expiresAt, withdrawn)
        members.set(item, parent)
        const waiting = tracer.begin('batch wait', { parent })
        const share = (batch: { readonly startedAt: number }, attributes: SpanAttributes = {}): Span => {
          waiting.end(batch.startedAt)
          const links = [batches.get(item)?.context].filter((link) => link !== undefined)
          return tracer.begin('infer', { parent, startedAt: batch.startedAt, links, attributes })
        }
        try {
          const ran = await runs.run(task, item, expiresAt, withdrawn)
          share(ran, { 'muster.batch.size': ran.batchSize }).end(ran.startedAt + ran.inferMs)
          return ran
        } catch (error) {
          const batch = batches.get(item)
          const failed = batch ? share(batch) : waiting
          failed.fail(errorTypeOf(error))
          failed.end()
          throw error
        }
      },
    }),
  }
}
