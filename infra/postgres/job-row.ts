import type { Job, JobError, JobInput, JobState, ModelRef, Timings } from '../domain/job.ts'
import type { Json } from '../domain/json.ts'
import type { Lane, TaskName } from '../domain/task.ts'

/** A row as the statements select it: instants already as epoch ms. */
export interface JobRow {
  id: string
  tenant: string
  task: TaskName
  lane: Lane
  state: JobState
  attempt: number
  input: JobInput
  result: Json | null
  error: JobError | null
  models: readonly ModelRef[]
  threshold_set: string | null
  timings: Timings
  keep: boolean
  created_ms: number
  started_ms: number | null
  finished_ms: number | null
  deadline_ms: number
  erased_ms: number | null
}

const ms = (column: string, alias: string): string => `(extract(epoch from job.${column}) * 1000)::float8 as ${alias}`

/** The columns of a JobRow. Every statement that answers a job selects these. */
export const JOB_COLUMNS = [
  'job.id, job.tenant, job.task, job.lane, job.state, job.attempt, job.input, job.result, job.error, job.models, job.threshold_set, job.timings, job.keep',
  ms('created_at', 'created_ms'),
  ms('started_at', 'started_ms'),
  ms('finished_at', 'finished_ms'),
  ms('deadline', 'deadline_ms'),
  ms('erased_at', 'erased_ms'),
].join(', ')

/** The only bridge from snake_case rows to the domain. */
export const toJob = (row: JobRow): Job => ({
  id: row.id,
  tenant: row.tenant,
  task: row.task,
  lane: row.lane,
  state: row.state,
  attempt: row.attempt,
  input: row.input,
  result: row.result,
  error: row.error,
  models: row.models,
  thresholdSet: row.threshold_set,
  timings: row.timings,
  keep: row.keep,
  createdAt: row.created_ms,
  startedAt: row.started_ms,
  finishedAt: row.finished_ms,
  deadline: row.deadline_ms,
  erasedAt: row.erased_ms,
})
