import type { TaskName } from './task.ts'

/** Every number and switch that takes part in a task's decisions: by model role or part of the task, then by name. */
export type Thresholds = { readonly [group: string]: { readonly [name: string]: number | boolean } }

/** What a task decided with beside its models, under a short name that results carry. */
export interface ThresholdSet {
  /** `sha256:` and 16 hex digits, of the canonical JSON of task and thresholds */
  readonly digest: string
  readonly task: TaskName
  readonly thresholds: Thresholds
}
