import { validate } from 'uuid'
import { JOB_STATES } from '../domain/job.ts'
import { type Completion, type JobMessage, MESSAGE_VERSION } from '../domain/message.ts'
import { LANES, TASK_NAMES } from '../domain/task.ts'
import { type TraceContext, traceContextOf } from '../domain/trace-context.ts'

export const encode = (value: JobMessage | readonly Completion[] | Signal): Buffer => Buffer.from(JSON.stringify(value))

/** "Look at this job": all that is told to every worker. */
export interface Signal {
  readonly id: string
}

/** A pointer takes 300 bytes. What is much larger is none, and is not worth the memory of reading it. */
const MAX_MESSAGE_BYTES = 16 * 1024
/** One turn of a worker's event loop brings some hundreds of completions together. */
const MAX_COMPLETIONS_BYTES = 4 * 1024 * 1024
/** Tenants become parts of keys and labels. */
const TENANT = /^[\x21-\x7e]{1,128}$/
const TRACEPARENT = /^[\x21-\x7e]{1,64}$/

interface Traced {
  readonly trace?: TraceContext
}
/** A trace as a message tells it; one that nobody can read is none. */
const traceOf = (trace: unknown): Traced => {
  const { traceparent, tracestate } = (trace ?? {}) as Partial<TraceContext>
  const known = traceContextOf(traceparent, tracestate)
  return known ? { trace: known } : {}
}

/** As a message tells it; of what is no time nothing is told. */
const commitOf = (ms: unknown): Pick<JobMessage, 'commitMs'> =>
  typeof ms === 'number' && ms >= 0 && Number.isFinite(ms) ? { commitMs: ms } : {}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/**
 * A job message from bytes that anybody could have published. Of the present version it holds what a message has and
 * nothing else; of a newer one it is as it came, and only its version may be looked at.
 * @returns undefined when it is not one
 */
export const decodeMessage = (body: Buffer): JobMessage | undefined => {
  if (body.length > MAX_MESSAGE_BYTES) return undefined
  const value = parse(body)
  if (typeof value !== 'object' || value === null) return undefined
  const message = value as Partial<Readonly<Record<keyof JobMessage, unknown>>>
  const { v, id, task, tenant, lane, deadline, attempt, commitMs, traceparent, trace } = message
  if (!isCount(v) || v === 0) return undefined
  if (v > MESSAGE_VERSION) return value as JobMessage
  const sane =
    typeof id === 'string' &&
    validate(id) &&
    TASK_NAMES.some((name) => name === task) &&
    typeof tenant === 'string' &&
    TENANT.test(tenant) &&
    LANES.some((name) => name === lane) &&
    Number.isFinite(deadline) &&
    isCount(attempt) &&
    (traceparent === undefined || (typeof traceparent === 'string' && TRACEPARENT.test(traceparent)))
  if (!sane) return undefined
  const told = { ...commitOf(commitMs), ...(traceparent !== undefined && { traceparent }) }
  const known = { v, id, task, tenant, lane, deadline, attempt, ...told }
  return (trace === undefined ? known : { ...known, ...traceOf(trace) }) as JobMessage
}

const isCompletion = (value: unknown): value is Completion => {
  const { id, state } = (value ?? {}) as Partial<Completion>
  return typeof id === 'string' && validate(id) && JOB_STATES.some((name) => name === state)
}

const toCompletion = ({ id, state, trace }: Completion): Completion =>
  trace === undefined ? { id, state } : { id, state, ...traceOf(trace) }

/** The completions in a body that anybody could have published; what is none is left out. */
export const decodeCompletions = (body: Buffer): readonly Completion[] => {
  const value = body.length > MAX_COMPLETIONS_BYTES ? undefined : parse(body)
  return Array.isArray(value) ? value.filter(isCompletion).map(toCompletion) : []
}

/** The job a signal is about. @returns undefined when it is none */
export const decodeSignal = (body: Buffer): string | undefined => {
  const { id } = ((body.length > MAX_MESSAGE_BYTES ? undefined : parse(body)) ?? {}) as Partial<Signal>
  return typeof id === 'string' && validate(id) ? id : undefined
}

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
