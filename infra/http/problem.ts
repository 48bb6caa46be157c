import Type from 'typebox'
import { AppError, InputError } from '../domain/errors.ts'
import { FLEET_PROBLEMS } from './fleet-problems.ts'
import { OverloadedError, QuotaExceededError, RequestError, type RequestFault } from './request-error.ts'
import { ROLLOUT_PROBLEMS } from './rollout-problems.ts'
import { strict } from './schema.ts'

interface Row {
  readonly status: number
  readonly title: string
  readonly hint: string
}

/** The one place that decides which HTTP status an error code has. Codes are public: add, never rename. */
export const PROBLEMS = {
  ...FLEET_PROBLEMS,
  ...ROLLOUT_PROBLEMS,
  INVALID_REQUEST: { status: 400, title: 'The request is not valid', hint: 'see `errors` and the documentation' },
  MALFORMED_REQUEST: {
    status: 400,
    title: 'This is not a well-formed request',
    hint: 'send HTTP/1.1 by a client library',
  },
  MALFORMED_BODY: { status: 400, title: 'The body cannot be parsed', hint: 'send well-formed JSON or form data' },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    title: 'The idempotency key is not valid',
    hint: 'send 1 to 255 visible ASCII characters, for example a UUID',
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'No valid API key',
    hint: 'send `Authorization: Bearer <key>`; `./muster keys create` makes one',
  },
  FORBIDDEN: {
    status: 403,
    title: 'This API key may not do that',
    hint: 'use a key with the role or the scope that `detail` names',
  },
  UPLOAD_DENIED: { status: 403, title: 'The upload is not allowed', hint: 'ask for a new upload and use it as it is' },
  NOT_FOUND: { status: 404, title: 'There is nothing here', hint: 'see /openapi.json for what there is' },
  JOB_NOT_FOUND: { status: 404, title: 'There is no such job', hint: 'check the id and whose key you use' },
  ERASURE_NOT_FOUND: { status: 404, title: 'There is no such erasure', hint: 'check the id and whose key you use' },
  KEY_NOT_FOUND: { status: 404, title: 'There is no such API key', hint: 'list the keys; an id is no key' },
  WEBHOOK_NOT_FOUND: {
    status: 404,
    title: 'There is no such webhook endpoint',
    hint: 'check the id and whose key you use',
  },
  DELIVERY_NOT_FOUND: {
    status: 404,
    title: 'There is no such delivery',
    hint: 'list the deliveries; they are kept for 30 days',
  },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The method does not apply here', hint: 'see the `allow` header' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time', hint: 'send it again' },
  JOB_FINISHED: { status: 409, title: 'The job is already over', hint: 'get the job to see how it ended' },
  LEGAL_HOLD: {
    status: 409,
    title: 'A legal hold keeps this',
    hint: 'nothing more is needed: it is erased when the hold is lifted; `location` is the receipt',
  },
  KEY_NOT_LIVE: { status: 409, title: 'The API key is no longer in use', hint: 'make a new key' },
  WEBHOOK_LIMIT: { status: 409, title: 'There are enough webhook endpoints', hint: 'delete one that is not needed' },
  IDEMPOTENCY_BUSY: {
    status: 409,
    title: 'The job of this idempotency key is just being removed',
    hint: 'send the same request again',
  },
  JOB_ERASED: {
    status: 410,
    title: 'The job was erased',
    hint: 'its result is gone for good: on request, because its time was over, or because it was not to be stored',
  },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large', hint: 'send smaller pictures, or upload them first' },
  PICTURE_TOO_LARGE: { status: 413, title: 'A picture is too large', hint: 'send a smaller one' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The content type is not supported',
    hint: 'send application/json or multipart/form-data',
  },
  PICTURE_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'A picture is of an unsupported type',
    hint: 'send JPEG, PNG or WebP',
  },
  PICTURE_UNREADABLE: { status: 422, title: 'A picture cannot be decoded', hint: 'send a complete file' },
  PICTURE_TOO_SMALL: { status: 422, title: 'A picture is too small', hint: 'send a larger one' },
  UPLOAD_NOT_FOUND: { status: 422, title: 'There is no such upload', hint: 'upload the picture first, or again' },
  WEBHOOK_URL_REFUSED: {
    status: 422,
    title: 'The webhook address is not one that is called',
    hint: 'give an https address on the public internet, port 443 or 8443; receivers inside need the operator: WEBHOOK_ALLOW',
  },
  IDEMPOTENCY_MISMATCH: {
    status: 422,
    title: 'The idempotency key was used with another request',
    hint: 'use a new key for a new request',
  },
  RATE_LIMITED: { status: 429, title: 'Requests come faster than agreed', hint: 'wait for `retry-after`' },
  TOO_MANY_IN_FLIGHT: {
    status: 429,
    title: 'As many jobs are under way as agreed',
    hint: 'wait for some of them to end; `retry-after` says how long one takes',
  },
  OVERLOADED: { status: 429, title: 'More work is waiting than can be done in time', hint: 'wait for `retry-after`' },
  TOO_MANY_FAILURES: {
    status: 429,
    title: 'Too many wrong API keys',
    hint: 'wait for `retry-after`, then send a valid key',
  },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large', hint: 'send fewer or shorter headers' },
  INTERNAL: {
    status: 500,
    title: 'Something went wrong here',
    hint: 'try again; report the request id if it persists',
  },
  UNAVAILABLE: { status: 503, title: 'A part of the service does not answer', hint: 'wait for `retry-after`' },
  STORAGE_DENIED: { status: 503, title: 'Pictures cannot be stored', hint: 'report it to whoever runs the service' },
} as const satisfies Record<string, Row>

/** What an answer that is not a result can be about. */
export type ProblemCode = keyof typeof PROBLEMS

/** Codes worth trying again unchanged. */
const RETRYABLE: ReadonlySet<ProblemCode> = new Set([
  'OVERLOADED',
  'RATE_LIMITED',
  'TOO_MANY_IN_FLIGHT',
  'TOO_MANY_STREAMS',
  'IDEMPOTENCY_BUSY',
  'UNAVAILABLE',
  'INTERNAL',
  'REQUEST_TIMEOUT',
])
/** When the servers behind the api are away: long enough for a fail-over to make progress, short enough for a person. */
const UNAVAILABLE_RETRY_AFTER_MS = 2000

/** RFC 9457 with members of our own. */
export const ProblemSchema = strict({
  type: Type.String({ description: '`urn:muster:problem:` and the code in lower case, or a registered type' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.Optional(Type.String()),
  code: Type.String({ description: 'stable: codes are added, never renamed' }),
  request_id: Type.String(),
  retryable: Type.Boolean({ description: 'the same request, unchanged, may succeed later' }),
  hint: Type.String({ description: 'what to do about it' }),
  'violated-policies': Type.Optional(
    Type.Array(Type.String(), { description: 'the limits that are used up, by their names in `ratelimit-policy`' }),
  ),
  errors: Type.Optional(
    Type.Array(strict({ pointer: Type.String({ description: 'JSON pointer, or a header' }), detail: Type.String() })),
  ),
})

/** A problem on its way to a caller. */
export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON text of the body */
  readonly body: string
}

/** The media type of problems. @source RFC 9457 section 3 */
export const PROBLEM_TYPE = 'application/problem+json'

const isCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code)

/** The public code of an error: INTERNAL for every error the table does not know. */
export const codeOf = (error: unknown): ProblemCode =>
  error instanceof AppError && isCode(error.code) ? error.code : 'INTERNAL'

const faultsOf = (error: unknown): readonly RequestFault[] => {
  if (error instanceof RequestError) return error.faults
  if (error instanceof InputError && error.problem.picture !== undefined)
    return [{ pointer: `/${error.problem.picture}`, detail: error.problem.message }]
  return []
}

const headersOf = (error: unknown, code: ProblemCode): Record<string, string> => {
  if (error instanceof RequestError) return { ...error.headers }
  const tells = error instanceof OverloadedError || error instanceof QuotaExceededError
  const afterMs = tells ? error.retryAfterMs : UNAVAILABLE_RETRY_AFTER_MS
  return tells || code === 'UNAVAILABLE' ? { 'retry-after': String(Math.ceil(afterMs / 1000)) } : {}
}

/** What the draft of the RateLimit headers calls a problem of this kind. */
const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded'

/**
 * Put an error into words a caller can act on. Only errors Muster threw on purpose lend their message, and only where
 * it is written for callers; nothing the caller sent is repeated.
 */
export const toProblem = (error: unknown, requestId: string): Problem => {
  const code = codeOf(error)
  const { status, title, hint } = PROBLEMS[code]
  const forCaller = error instanceof RequestError || error instanceof InputError
  const errors = faultsOf(error)
  const body = {
    type:
      error instanceof QuotaExceededError
        ? QUOTA_EXCEEDED
        : `urn:muster:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    ...(forCaller && { detail: error.message }),
    code,
    request_id: requestId,
    retryable: RETRYABLE.has(code),
    hint: error instanceof InputError ? error.problem.hint : hint,
    ...(error instanceof QuotaExceededError && { 'violated-policies': [error.policy] }),
    ...(errors.length > 0 && { errors }),
  }
  return { status, headers: headersOf(error, code), body: JSON.stringify(body) }
}
