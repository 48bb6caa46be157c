import { newIdempotencyKey } from './environment.ts'
import { ConnectionError, InvalidAnswerError, type MusterError, TimeoutError } from './errors.ts'
import { type Answered, errorOf } from './problem.ts'
import { retryAfterMs, retryDelayMs } from './retry.ts'
import type { Scope } from './scope.ts'
import { SDK_VERSION } from './version.ts'

/** For storing pictures and for a busy service; an answer that is later than that will not come. */
const GRACE_MS = 10_000
/** The slowest uplink worth waiting for: 50 bytes a ms, 0.4 Mbit/s. */
const SLOWEST_BYTES_PER_MS = 50

/** What a request says about waiting. */
export interface Preference {
  /** the `Prefer` header */
  readonly header: string
  /** how long the service will hold its answer back at most */
  readonly waitMs: number
}

/** One HTTP request, in a form that can be sent any number of times. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** a path of the service, or a whole URL for a signed upload, which gets no API key */
  readonly to: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Blob | FormData
  readonly bodyBytes?: number
  /** decided anew for each attempt, because the time left shrinks */
  readonly prefer?: (scope: Scope) => Preference
  /** false: an exchange without an answer is not tried again */
  readonly retryLost?: boolean
}

/** One HTTP exchange as it ended, for logs and metrics. Holds no picture, key or query string. */
export interface Exchange {
  readonly method: string
  readonly path: string
  /** from 1 */
  readonly attempt: number
  readonly durationMs: number
  /** undefined when no answer came */
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** code of the error it ended with; undefined when it succeeded */
  readonly error: string | undefined
  /** set when it will be sent again, after this long */
  readonly retryInMs: number | undefined
}

/** What a transport is made of. */
export interface TransportOptions {
  readonly apiKey: string
  readonly baseUrl: string
  readonly maxRetries: number
  readonly fetch: typeof globalThis.fetch
  readonly onExchange: ((exchange: Exchange) => void) | undefined
  readonly traceparent?: (() => string | undefined) | undefined
}

type Outcome = { readonly answer: Answered } | { readonly error: MusterError; readonly answer?: Answered }

/** Sends requests: one timeout an attempt, retries with growing delays, and never beyond the call's own time. */
export class Transport {
  readonly #options: TransportOptions
  constructor(options: TransportOptions) {
    this.#options = options
  }

  /**
   * @param maxRetries in place of the client's own
   * @throws MusterError by what happened; AbortError and TimeoutError when the call is over
   */
  async send(request: Request, scope: Scope, maxRetries = this.#options.maxRetries): Promise<Answered> {
    const keyed = withKey(request)
    for (let attempt = 1; ; attempt += 1) {
      scope.check()
      const startedAt = scope.timers.now()
      const outcome = await this.#attempt(keyed, scope)
      const again = attempt <= maxRetries && ('answer' in outcome || request.retryLost !== false)
      const delayMs = 'error' in outcome && again ? this.#delay(outcome, attempt, scope) : undefined
      this.#report(request, attempt, scope.timers.now() - startedAt, outcome, delayMs)
      if (!('error' in outcome)) return outcome.answer
      if (delayMs === undefined) throw outcome.error
      await scope.pause(delayMs)
    }
  }

  async #attempt(request: Request, scope: Scope): Promise<Outcome> {
    const prefer = request.prefer?.(scope)
    const limitMs = GRACE_MS + (prefer?.waitMs ?? 0) + (request.bodyBytes ?? 0) / SLOWEST_BYTES_PER_MS
    const controller = new AbortController()
    const abort = () => controller.abort()
    const timer = setTimeout(abort, limitMs)
    scope.signal.addEventListener('abort', abort)
    try {
      const answer = await this.#exchange(request, prefer, controller.signal)
      const error = this.#judge(request, answer, scope)
      return error ? { error, answer } : { answer }
    } catch (cause) {
      const facts = { retryable: true, jobId: scope.jobId, cause }
      const late = { ...facts, code: 'TIMEOUT', message: `no answer within ${Math.round(limitMs)} ms` }
      const lost = { ...facts, code: 'CONNECTION', message: lostMessage(this.#url(request), cause) }
      const failed = () => (controller.signal.aborted ? new TimeoutError(late) : new ConnectionError(lost))
      return { error: scope.over(cause) ?? failed() }
    } finally {
      clearTimeout(timer)
      scope.signal.removeEventListener('abort', abort)
    }
  }

  #url({ to }: Request): URL {
    return new URL(to.startsWith('/') ? this.#options.baseUrl + to : to)
  }

  async #exchange(request: Request, prefer: Preference | undefined, signal: AbortSignal): Promise<Answered> {
    const { fetch, apiKey } = this.#options
    const own = request.to.startsWith('/') && {
      ...traceHeader(this.#options.traceparent?.()),
      accept: 'application/json',
      authorization: `Bearer ${apiKey}`,
      'x-muster-sdk': `js/${SDK_VERSION}`,
    }
    const response = await fetch(this.#url(request), {
      method: request.method,
      headers: { ...request.headers, ...(prefer && { prefer: prefer.header }), ...own },
      ...(request.body !== undefined && { body: request.body }),
      signal,
      redirect: 'manual',
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parse(text) }
  }

  #judge(request: Request, answer: Answered, scope: Scope): MusterError | undefined {
    if (answer.status < 200 || answer.status > 299) return errorOf(answer, scope.jobId, scope.timers.now())
    const broken = request.to.startsWith('/') && answer.text !== '' && answer.body === undefined
    return broken ? invalidAnswer(answer, scope, 'it is not JSON', true) : undefined
  }

  #delay({ error, answer }: Outcome & { error: MusterError }, attempt: number, scope: Scope): number | undefined {
    const { timers } = scope
    const askedMs = retryAfterMs(answer?.headers.get('retry-after'), timers.now())
    const delayMs = retryDelayMs(error, attempt, askedMs, timers.random())
    return scope.over() || delayMs === undefined || delayMs >= scope.remainingMs() ? undefined : delayMs
  }

  #report(request: Request, attempt: number, durationMs: number, outcome: Outcome, retryInMs: number | undefined) {
    this.#options.onExchange?.({
      method: request.method,
      path: this.#url(request).pathname,
      attempt,
      durationMs,
      status: outcome.answer?.status,
      requestId: outcome.answer?.headers.get('x-request-id') ?? undefined,
      error: 'error' in outcome ? outcome.error.code : undefined,
      retryInMs,
    })
  }
}

/** Every POST to the service carries one idempotency key for all its attempts, also where the caller gave none. */
const withKey = (request: Request): Request => {
  const ours = request.method === 'POST' && request.to.startsWith('/')
  if (!ours || request.headers?.['idempotency-key'] !== undefined) return request
  return { ...request, headers: { ...request.headers, 'idempotency-key': newIdempotencyKey() } }
}

/** Nothing but a trace context gets into the header. @source W3C Trace Context */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/
const traceHeader = (traceparent: string | undefined): { traceparent?: string } =>
  traceparent !== undefined && TRACEPARENT.test(traceparent) ? { traceparent } : {}

/** @returns undefined for what is not JSON: JSON itself never is */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const lostMessage = (url: URL, cause: unknown): string => {
  const reason = (cause as { cause?: { code?: unknown } } | undefined)?.cause?.code
  return `no answer from ${url.origin}${typeof reason === 'string' ? `: ${reason}` : ''}`
}

/**
 * The error for a success whose body is not what was agreed.
 * @param retryable true for what may have been cut off on its way
 */
export const invalidAnswer = (
  { status, headers }: Answered,
  scope: Scope,
  what: string,
  retryable = false,
): InvalidAnswerError =>
  new InvalidAnswerError({
    code: 'INVALID_ANSWER',
    message: `the service's answer cannot be used: ${what}`,
    retryable,
    status,
    headers,
    requestId: headers.get('x-request-id') ?? undefined,
    jobId: scope.jobId,
  })
