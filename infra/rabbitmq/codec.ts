import { validate } from 'uuid'
import type { Completion, JobMessage } from '../domain/message.ts'
import { LANES } from '../domain/task.ts'

export const encode = (value: JobMessage | readonly Completion[]): Buffer => Buffer.from(JSON.stringify(value))

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

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
