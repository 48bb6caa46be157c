import type { Json } from './json.ts'
import type { Lane, TaskName } from './task.ts'

export const JOB_STATES = ['queued', 'running', 'canceling', 'succeeded', 'failed', 'canceled', 'expired'] as const
export type JobState = (typeof JOB_STATES)[number]

/** `canceling`: taken back by its caller, and a worker still has it. It can only become `canceled`. */
const OPEN_STATES: readonly JobState[] = ['queued', 'running', 'canceling']

/** Work is over and the outcome will not change. */
export const isFinal = (state: JobState): boolean => !OPEN_STATES.includes(state)

/** Where one of a job's pictures lies. The picture itself never travels with the job. */
export interface PictureRef {
  /** the field the caller sent it under: `source`, `target` or `image` */
  readonly name: string
  /** key in the blob store */
  readonly key: string
  /** hex SHA-256 of the picture, before it was sealed; null for an upload that lies as it was sent */
  readonly sha256: string | null
  readonly bytes: number
  /** key of the upload it was sealed from: that one must go, too */
  readonly upload?: string
}

/** A job's own data key, wrapped by a key-encryption key. Whoever drops it has erased the pictures, also in backups. */
export interface WrappedKey {
  /** id of the key that wrapped it */
  readonly kek: string
  /** base64 */
  readonly key: string
}

export interface JobInput {
  readonly pictures: readonly PictureRef[]
  /** opens the pictures the api stored; absent when they are stored as they are */
  readonly sealed?: WrappedKey
  /** the task's own options, for example `documentType` */
  readonly options: { readonly [name: string]: Json }
  /** what sent it, as `js 1.2` or `other`; absent: it did not say */
  readonly sdk?: string
}

/** The exact model that decided: every result names it. */
export interface ModelRef {
  readonly name: string
  /** semantic version */
  readonly version: string
  /** `sha256:<hex>` of the model file */
  readonly digest: string
}

/** Why a job did not succeed, in words a caller can act on. Codes are public: add, never rename. */
export interface JobError {
  readonly code: string
  readonly message: string
  /** `caller`: send something else. `service`: it is ours; the same request may work later. */
  readonly fault: 'caller' | 'service'
  readonly retryable: boolean
  readonly hint: string
  /** the picture at fault, by field name */
  readonly picture?: string
}

/** Where a job's time went, in whole or fractional milliseconds. A stage that did not happen is absent. */
export interface Timings {
  /** from the request's arrival until its pictures began to be stored */
  readonly admitMs?: number
  readonly storeMs?: number
  /** waiting to be written to the database; what comes after is part of `queueMs` */
  readonly insertMs?: number
  /** of `queueMs`: until the row was committed */
  readonly commitMs?: number
  readonly queueMs?: number
  /** taking the job; its end is part of `runMs` and the rest of `queueMs` */
  readonly claimMs?: number
  readonly runMs?: number
  /** of `runMs`: from having the job to having its outcome */
  readonly workMs?: number
  /** of `runMs`: the outcome waiting to be written */
  readonly writeMs?: number
  readonly fetchMs?: number
  readonly decodeMs?: number
  readonly batchWaitMs?: number
  readonly inferMs?: number
  readonly replyMs?: number
  /** of a canceled job: from the wish to cancel it until no worker had it any more */
  readonly cancelMs?: number
}

/** One unit of work, one row. Instants are epoch ms by the database's clock. */
export interface Job {
  readonly id: string
  readonly tenant: string
  readonly task: TaskName
  readonly lane: Lane
  readonly state: JobState
  /** starts so far; 0 while it never started */
  readonly attempt: number
  readonly input: JobInput
  readonly result: Json | null
  readonly error: JobError | null
  readonly models: readonly ModelRef[]
  /** digest of the thresholds it was decided with; null = whoever decided told none */
  readonly thresholdSet: string | null
  readonly timings: Timings
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly deadline: number
  /** false: nothing of it is kept once it was answered */
  readonly keep: boolean
  /** set when the pictures and the result were erased: on request, or because their time was over */
  readonly erasedAt: number | null
}
