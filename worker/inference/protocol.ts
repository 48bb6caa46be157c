import type { ModelRef } from '../../infra/domain/job.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import type { TaskAnswer, TaskItem } from '../executor.ts'
import type { ThrownInThread } from './errors.ts'
import type { LoadedTask, ModelSettings } from './task-module.ts'

/** What an inference thread is started with. */
export interface ThreadData {
  readonly tasks: readonly TaskName[]
  readonly settings: ModelSettings
  /** URL of the module whose `loadTask` answers the tasks */
  readonly taskModule: string
}

/** To the thread. It is sent one batch at a time. */
export type ToThread =
  | { readonly type: 'run'; readonly task: TaskName; readonly items: readonly TaskItem[] }
  | { readonly type: 'probe'; readonly task: TaskName }
  | { readonly type: 'close' }

/** A task that is ready in a thread: its facts without what can run it. */
export interface TaskFacts extends Pick<LoadedTask, 'device' | 'skipped' | 'thresholds'> {
  readonly task: TaskName
  readonly models: readonly ModelRef[]
}

/**
 * From the thread. `ready` follows a real inference of every task. `progress` tells the watchdog that one call into the
 * model ended while the batch goes on. `failure` is the first error behind answers that say INFERENCE_FAILED. After
 * `broken` the thread ends itself: its models cannot be trusted any more. `short` tells that a batch did not fit into the
 * device's memory, and how many items are tried from now on. `probed` follows a real inference that nobody waited for.
 */
export type FromThread =
  | { readonly type: 'ready'; readonly loaded: readonly TaskFacts[] }
  | { readonly type: 'progress' }
  | { readonly type: 'short'; readonly mostItems: number }
  | { readonly type: 'probed' }
  | { readonly type: 'answers'; readonly answers: readonly TaskAnswer[]; readonly failure?: ThrownInThread }
  | { readonly type: 'broken'; readonly error: ThrownInThread }
