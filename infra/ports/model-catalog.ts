import type { ModelRef } from '../domain/job.ts'
import type { TaskName } from '../domain/task.ts'
import type { ThresholdSet } from '../domain/thresholds.ts'

/** The models that answer one task now. */
export interface TaskModels {
  readonly task: TaskName
  /** several versions side by side while a fleet changes over */
  readonly models: readonly ModelRef[]
}

/** A threshold set, and since when it is known. */
export interface KeptThresholdSet extends ThresholdSet {
  /** epoch ms by the database's clock */
  readonly firstSeenAt: number
}

/** Which models decide. @throws UnavailableError when it cannot be told */
export interface ModelCatalog {
  /** tasks whose workers announced themselves lately */
  list(): Promise<readonly TaskModels[]>
  /** a worker's word that it runs these; repeated while it does */
  announce(task: TaskName, models: readonly ModelRef[]): Promise<void>
  /** What stands behind the short name that results carry: kept once, and for good. */
  keepThresholds(set: ThresholdSet): Promise<void>
  thresholds(digest: string): Promise<KeptThresholdSet | undefined>
}
