import { fromEnvironment } from './environment.ts'
import { ConfigurationError } from './errors.ts'
import { systemTimers, type Timers } from './scope.ts'
import type { Exchange } from './transport.ts'

/** How to reach Muster. Everything has a default where there are environment variables; browsers pass the first two. */
export interface MusterOptions {
  /** default: the environment's `MUSTER_API_KEY` */
  readonly apiKey?: string
  /** where the service is, for example `https://muster.example.com`; default: the environment's `MUSTER_URL` */
  readonly baseUrl?: string
  /** for one whole call, retries and waiting included; default 75,000 */
  readonly timeoutMs?: number
  /** how often each request may be sent again; default 2 */
  readonly maxRetries?: number
  /** larger pictures are refused here; set it to what your service takes; default 10,000,000 */
  readonly maxPictureBytes?: number
  /** in place of the platform's own, for proxies and tests */
  readonly fetch?: typeof globalThis.fetch
  /** told of every HTTP exchange, for logs and metrics; what it throws ends the call */
  readonly onExchange?: (exchange: Exchange) => void
  /** asked before every request to the service: the W3C `traceparent` of the span it belongs to, for your own traces */
  readonly traceparent?: () => string | undefined
  /** stand-ins for clock, dice and pauses, for tests */
  readonly timers?: Timers
}

/** The same with nothing left open. */
export interface Settings {
  readonly apiKey: string
  /** without a slash at its end */
  readonly baseUrl: string
  readonly timeoutMs: number
  readonly maxRetries: number
  readonly maxPictureBytes: number
  readonly fetch: typeof globalThis.fetch
  readonly onExchange: ((exchange: Exchange) => void) | undefined
  readonly traceparent: (() => string | undefined) | undefined
  readonly timers: Timers
}

/** The service waits at most 60 s for a result; the rest is for the way there and for retries. */
const DEFAULT_TIMEOUT_MS = 75_000
const DEFAULT_MAX_RETRIES = 2
/** What the service takes unless its operator says otherwise. */
const DEFAULT_MAX_PICTURE_BYTES = 10_000_000

// Anything else cannot travel in a header, and the platform's own error for that would quote it.
const VISIBLE_ASCII = /^[\x21-\x7e]+$/
const LONGEST_IDEMPOTENCY_KEY = 255

/** @throws ConfigurationError when it is not a number of ms (Infinity is one) */
export const checkedTimeoutMs = (timeoutMs: number): number => {
  if (!(timeoutMs > 0)) throw new ConfigurationError('timeoutMs must be a number over 0')
  return timeoutMs
}

/** @throws ConfigurationError when it is not a whole number from 0 */
export const checkedMaxRetries = (maxRetries: number): number => {
  if (!Number.isInteger(maxRetries) || maxRetries < 0) throw new ConfigurationError('maxRetries must be 0, 1, 2, ...')
  return maxRetries
}

/** @throws ConfigurationError when it is not 1 to 255 visible ASCII characters */
export const checkedIdempotencyKey = (key: string): string => {
  if (key.length > LONGEST_IDEMPOTENCY_KEY || !VISIBLE_ASCII.test(key))
    throw new ConfigurationError(`idempotencyKey must be 1 to ${LONGEST_IDEMPOTENCY_KEY} visible ASCII characters`)
  return key
}

const checkedBaseUrl = (text: string | undefined): string => {
  if (!text) throw new ConfigurationError('baseUrl is missing: pass it, or set MUSTER_URL')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new ConfigurationError('baseUrl must begin with http:// or https://')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new ConfigurationError('baseUrl must hold no credentials, query or fragment')
  return url.href.replace(/\/+$/, '')
}

/** Fill in the defaults. @throws ConfigurationError naming the option that cannot be used, never its value */
export const settingsOf = (options: MusterOptions): Settings => {
  const apiKey = options.apiKey ?? fromEnvironment('MUSTER_API_KEY')
  if (!apiKey) throw new ConfigurationError('apiKey is missing: pass it, or set MUSTER_API_KEY')
  if (!VISIBLE_ASCII.test(apiKey)) throw new ConfigurationError('apiKey holds a character that no key has')
  return {
    apiKey,
    baseUrl: checkedBaseUrl(options.baseUrl ?? fromEnvironment('MUSTER_URL')),
    timeoutMs: checkedTimeoutMs(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
    maxRetries: checkedMaxRetries(options.maxRetries ?? DEFAULT_MAX_RETRIES),
    maxPictureBytes: options.maxPictureBytes ?? DEFAULT_MAX_PICTURE_BYTES,
    // Looked up at each call, so that what an application patches in later is used; browsers want it called on its own.
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
    onExchange: options.onExchange,
    traceparent: options.traceparent,
    timers: options.timers ?? systemTimers,
  }
}
