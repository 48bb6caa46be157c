import type { JobState } from './job.ts'
import type { Lane, TaskName } from './task.ts'

/** Version of the envelope. A worker hands a newer one back to the queue: an older worker must not judge it. */
export const MESSAGE_VERSION = 1

/** What travels through the broker: a pointer to a job, never anything about the person in the picture. */
export interface JobMessage {
  readonly v: number
  readonly id: string
  readonly task: TaskName
  readonly tenant: string
  readonly lane: Lane
  /** epoch ms by the database's clock */
  readonly deadline: number
  /** starts so far when this message was published, for logs only: the row counts */
  readonly attempt: number
  readonly traceparent?: string
}

/** A completion: the wake-up an api instance gets on its own reply queue. Postgres holds the outcome. */
export interface Completion {
  readonly id: string
  readonly state: JobState
}
