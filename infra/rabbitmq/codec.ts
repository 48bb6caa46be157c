import { validate } from 'uuid'
import type { Completion, JobMessage } from '../domain/message.ts'
import { LANES } from '../domain/task.ts'

export const encode = (value: JobMessage | readonly Completion[] | Signal): Buffer => Buffer.from(JSON.stringify(value))

/** "Look at this job": all that is told to every worker. */
export interface Signal {
  readonly id: string
}

/**
 * A job message from bytes that anybody could have published.
 * @returns undefined when it is not one
 */
export const decodeMessage = (body: Buffer): JobMessage | undefined => {
  const value = parse(body) as Partial<JobMessage> | undefined
  const sane =
    typeof value === 'object' &&
    value !== null &&
    Number.isInteger(value.v) &&
    typeof value.id === 'string' &&
    validate(value.id) &&
    typeof value.task === 'string' &&
    typeof value.tenant === 'string' &&
    LANES.some((lane) => lane === value.lane) &&
    typeof value.deadline === 'number' &&
    typeof value.attempt === 'number'
  return sane ? (value as JobMessage) : undefined
}

export const decodeCompletions = (body: Buffer): readonly Completion[] => {
  const value = parse(body)
  return Array.isArray(value)
    ? value.filter((one) => typeof one?.id === 'string' && typeof one?.state === 'string')
    : []
}

/** The job a signal is about. @returns undefined when it is none */
export const decodeSignal = (body: Buffer): string | undefined => {
  const { id } = (parse(body) ?? {}) as Partial<Signal>
  return typeof id === 'string' && validate(id) ? id : undefined
}

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
