import type { JobError, ModelRef } from '../infra/domain/job.ts'
import type { Json } from '../infra/domain/json.ts'
import type { TaskName } from '../infra/domain/task.ts'
import type { ThresholdSet } from '../infra/domain/thresholds.ts'
import type { DecodedPicture } from '../infra/ports/picture-codec.ts'

/** One job's share of a batch. */
export interface TaskItem {
  /** by field name: `source`, `target` or `image` */
  readonly pictures: { readonly [name: string]: DecodedPicture }
  readonly options: { readonly [name: string]: Json }
}

/** What a task says of one item: a result, or a typed outcome that is the caller's to mend. */
export type TaskAnswer =
  | { readonly kind: 'result'; readonly result: Json }
  | { readonly kind: 'error'; readonly error: JobError }

/**
 * A task on loaded models: a batch in, one answer an item out, in order. An item that cannot be judged gets an error
 * answer; it never throws for one. A throw means the model itself failed, for the whole batch.
 */
export interface Task {
  readonly name: TaskName
  readonly models: readonly ModelRef[]
  run(items: readonly TaskItem[]): Promise<readonly TaskAnswer[]>
  /** one real inference, so that the first caller does not pay for lazy initialisation */
  warmUp(): Promise<void>
  close(): Promise<void>
}

/**
 * Runs tasks off the thread that renews leases and answers health: inference blocks its own thread.
 * @throws UnavailableError from `run` when the inference thread failed or has gone
 */
export interface Executor {
  readonly models: { readonly [task: string]: readonly ModelRef[] }
  /** what they decide with beside their models, of tasks that tell */
  readonly thresholds?: { readonly [task: string]: ThresholdSet }
  /** what they run on: `cpu`, `cuda`, ... */
  readonly devices: readonly string[]
  /** pixel buffers are transferred: the caller must not touch them afterwards */
  run(task: TaskName, items: readonly TaskItem[]): Promise<readonly TaskAnswer[]>
  close(): Promise<void>
}
