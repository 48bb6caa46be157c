import Type, { type TSchema } from 'typebox'
import type { SubmissionBody } from './read-submission.ts'

/** What every check takes beside its pictures and its own options. */
export interface CommonOptions {
  /** false: pictures go when the job is over, and the result with the answer */
  readonly keep: boolean
  /** the caller's own reference to the person, for erasing everything about him later */
  readonly subject: string | undefined
  /** to be called when the job is over */
  readonly webhookUrl: string | undefined
  /** from now; undefined = the lane's default */
  readonly deadlineMs: number | undefined
}

const MAX_DEADLINE_MS = 86_400_000
const MIN_DEADLINE_MS = 1_000
/** The same bounds for a text: a form is refused what JSON is refused. */
const FORM_DEADLINE = '^([1-9][0-9]{3,6}|[1-7][0-9]{7}|8[0-5][0-9]{6}|86[0-3][0-9]{5}|86400000)$'
const DESCRIPTIONS = {
  store: '`false`: keep nothing. The pictures are deleted when the job is over, the result once it was answered',
  subject: 'your own reference to the person, not a name: `DELETE /v1/subjects/{subject}` erases everything under it',
  webhookUrl: 'called when the job is over',
  deadlineMs: `how long the job may take, in ms from now (${MIN_DEADLINE_MS} to ${MAX_DEADLINE_MS})`,
}

const texts = {
  subject: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$', description: DESCRIPTIONS.subject })),
  webhookUrl: Type.Optional(
    Type.String({ pattern: '^https?://', maxLength: 2048, description: DESCRIPTIONS.webhookUrl }),
  ),
}

/** Their schemas in a JSON body. */
export const JSON_COMMON: Readonly<Record<string, TSchema>> = {
  ...texts,
  store: Type.Optional(Type.Boolean({ description: DESCRIPTIONS.store })),
  deadlineMs: Type.Optional(
    Type.Integer({ minimum: MIN_DEADLINE_MS, maximum: MAX_DEADLINE_MS, description: DESCRIPTIONS.deadlineMs }),
  ),
}

/** Their schemas in a form, which carries nothing but texts. */
export const FORM_COMMON: Readonly<Record<string, TSchema>> = {
  ...texts,
  store: Type.Optional(Type.String({ pattern: '^(true|false)$', description: DESCRIPTIONS.store })),
  deadlineMs: Type.Optional(Type.String({ pattern: FORM_DEADLINE, description: DESCRIPTIONS.deadlineMs })),
}

/** The names of all of them. */
export const COMMON_NAMES = Object.keys(JSON_COMMON)

/** Read them from a body whose schema was checked. */
export const commonOptionsOf = ({ store, subject, webhookUrl, deadlineMs }: SubmissionBody): CommonOptions => ({
  keep: store !== false && store !== 'false',
  subject: subject as string | undefined,
  webhookUrl: webhookUrl as string | undefined,
  deadlineMs: deadlineMs === undefined ? undefined : Number(deadlineMs),
})
