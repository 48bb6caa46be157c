import type { ModelRef } from '../domain/job.ts'
import type { TaskName } from '../domain/task.ts'

/** The models that answer one task now. */
export interface TaskModels {
  readonly task: TaskName
  /** several versions side by side while a fleet changes over */
  readonly models: readonly ModelRef[]
}

/** Which models decide. @throws UnavailableError when it cannot be told */
export interface ModelCatalog {
  /** tasks whose workers announced themselves lately */
  list(): Promise<readonly TaskModels[]>
  /** a worker's word that it runs these; repeated while it does */
  announce(task: TaskName, models: readonly ModelRef[]): Promise<void>
}
