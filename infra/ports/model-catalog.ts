import type { ModelRef } from '../domain/job.ts'
import type { TaskName } from '../domain/task.ts'

/** The models that answer one task now. */
export interface TaskModels {
  readonly task: TaskName
  /** empty while nothing is known of the task's workers */
  readonly models: readonly ModelRef[]
}

/** Which models decide. @throws UnavailableError when it cannot be told */
export interface ModelCatalog {
  list(): Promise<readonly TaskModels[]>
}
