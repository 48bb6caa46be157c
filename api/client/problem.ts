import {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  type ErrorFacts,
  InternalServerError,
  InvalidAnswerError,
  type MusterError,
  NotFoundError,
  PermissionDeniedError,
  type Problem,
  RateLimitError,
  TimeoutError,
  UnavailableError,
  UnprocessableError,
} from './errors.ts'
import { isRetryableStatus, retryAfterMs } from './retry.ts'

/** The parts of an HTTP answer this client works with. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** the text as JSON; undefined when it is none */
  readonly body: unknown
}

const CLASSES: { readonly [status: number]: new (facts: ErrorFacts) => MusterError } = {
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  408: TimeoutError,
  409: ConflictError,
  410: NotFoundError,
  422: UnprocessableError,
  503: UnavailableError,
}

const problemOf = ({ headers, body }: Answered): Problem | undefined => {
  if (!/[/+]json\b/i.test(headers.get('content-type') ?? '')) return undefined
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Problem) : undefined
}

const words = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const messageOf = (status: number, problem: Problem | undefined): string => {
  const said = words(problem?.detail) ?? words(problem?.title)
  const places = Array.isArray(problem?.errors) ? (problem.errors as NonNullable<Problem['errors']>) : []
  const list = places.map(({ pointer, detail }) => [pointer, detail !== said && detail].filter(Boolean).join(' '))
  return [said ?? `the service answered ${status}`, list.join('; ')].filter(Boolean).join(': ')
}

/**
 * The error for an answer that is not a success.
 * @param now epoch ms, for a `Retry-After` that is a date
 */
export const errorOf = (answer: Answered, jobId: string | undefined, now: number): MusterError => {
  const { status, headers } = answer
  const problem = problemOf(answer)
  const facts: ErrorFacts = {
    code: words(problem?.code) ?? `HTTP_${status}`,
    message: messageOf(status, problem),
    retryable: isRetryableStatus(status, typeof problem?.retryable === 'boolean' ? problem.retryable : undefined),
    hint: words(problem?.hint),
    status,
    requestId: words(headers.get('x-request-id')) ?? words(problem?.request_id),
    problem,
    headers,
    jobId,
  }
  if (status === 429)
    return new RateLimitError({ ...facts, retryAfterMs: retryAfterMs(headers.get('retry-after'), now) })
  // A redirect is never followed: it would send the pictures somewhere the caller did not name.
  if (status < 400)
    return new InvalidAnswerError({
      ...facts,
      code: 'REDIRECTED',
      message: `the service redirects (${status}); set baseUrl to its final address`,
      retryable: false,
    })
  const Class = CLASSES[status] ?? (status >= 500 ? InternalServerError : BadRequestError)
  return new Class(facts)
}
