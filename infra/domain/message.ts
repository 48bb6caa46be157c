import type { JobState } from './job.ts'
import type { Lane, TaskName } from './task.ts'
import type { TraceContext } from './trace-context.ts'

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
  /** how long the job's row took from being written to being committed, where that is known: the row cannot tell of itself */
  readonly commitMs?: number
  /** what the caller sent, or the same as in `trace`: it says nothing about whether anything is recorded */
  readonly traceparent?: string
  /** the request that made the job, where the api records traces */
  readonly trace?: TraceContext
}

/** A completion: the wake-up an api instance gets on its own reply queue. Postgres holds the outcome. */
export interface Completion {
  readonly id: string
  readonly state: JobState
  /** where the worker sent it, where that is recorded. In the body and no header: one message carries several completions */
  readonly trace?: TraceContext
}
