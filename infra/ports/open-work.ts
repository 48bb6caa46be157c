import type { TaskName } from '../domain/task.ts'

/** Jobs that are not over, by the rows. */
export interface OpenJobs {
  /** wait for a worker, and may still be in time (count) */
  readonly queuedCount: number
  /** a live worker holds their lease (count) */
  readonly runningCount: number
  /** how long the oldest of those that wait has been there, in ms; undefined = none waits */
  readonly oldestQueuedMs: number | undefined
  /** epoch ms by the database's clock */
  readonly at: number
}

/** What is left to do, as the rows have it: the broker may have lost or doubled what it tells. @throws UnavailableError */
export interface OpenWork {
  /** @param tasks of one pool */
  count(tasks: readonly TaskName[]): Promise<OpenJobs>
}
