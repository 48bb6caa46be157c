import type { Executor } from '../executor.ts'
import type { TaskFacts } from './protocol.ts'
import { thresholdSetOf } from './threshold-set.ts'

/** What stands behind the answers of each task. */
export type Decides = Required<Pick<Executor, 'models' | 'thresholds'>>

/** The same of tasks as a thread has loaded them. */
export const decidesWith = (loaded: readonly TaskFacts[]): Decides => ({
  models: Object.fromEntries(loaded.map(({ task, models }) => [task, models])),
  thresholds: Object.fromEntries(
    loaded.flatMap(({ task, thresholds }) => (thresholds ? [[task, thresholdSetOf(task, thresholds)]] : [])),
  ),
})
