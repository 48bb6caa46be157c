import { ConfigurationError, MusterError } from './errors.ts'
import type { TaskName } from './results.ts'

/** A check is over. What came of it is not part of it: `muster.jobs.get(data.id)` answers that. */
export interface CheckEvent {
  readonly type: 'check.succeeded' | 'check.failed' | 'check.canceled' | 'check.expired'
  /** when it was over, ISO 8601 */
  readonly timestamp: string
  readonly data: {
    readonly id: string
    readonly task: TaskName
    readonly status: 'succeeded' | 'failed' | 'canceled' | 'expired'
    /** where to get the job, when the service knows its own address */
    readonly url?: string
  }
}

/** Somebody wanted to see whether this receiver answers. */
export interface TestEvent {
  readonly type: 'webhook.test'
  readonly timestamp: string
  readonly data: { readonly endpoint: string }
}

/** Another endpoint of yours is no longer called: it failed for days, or said that it is gone. */
export interface EndpointDisabledEvent {
  readonly type: 'webhook.endpoint.disabled'
  /** when it was disabled, ISO 8601 */
  readonly timestamp: string
  readonly data: {
    readonly endpoint: string
    readonly reason: 'failing' | 'gone'
    /** where to look at it, when the service knows its own address */
    readonly url?: string
    /** whose it is; only in what operators are sent */
    readonly tenant?: string
  }
}

/** What a webhook says. Types are added over time: answer 2xx to one you do not know. */
export type WebhookEvent = CheckEvent | TestEvent | EndpointDisabledEvent

/** Headers as servers have them: of fetch, or of Node. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined }

/** This call did not come from the service, is too old, or was changed on its way. Answer it with 400. */
export class WebhookVerificationError extends MusterError {
  constructor(
    code:
      | 'WEBHOOK_HEADERS_MISSING'
      | 'WEBHOOK_TIMESTAMP_REFUSED'
      | 'WEBHOOK_SIGNATURE_REFUSED'
      | 'WEBHOOK_BODY_INVALID',
    message: string,
  ) {
    super({ code, message, retryable: false })
  }
  override get name(): string {
    return 'WebhookVerificationError'
  }
}

/** How strict to be. */
export interface UnwrapOptions {
  /** how far the caller's clock may be from this one, both ways; 300,000 ms */
  readonly toleranceMs?: number
  /** epoch ms; this machine's clock */
  readonly now?: number
}

const TOLERANCE_MS = 300_000
const PREFIX = 'whsec_'
const VERSION = 'v1,'
/** More signatures than a rotation makes only cost time. */
const MAX_SIGNATURES = 8
const DIGITS = /^\d{1,12}$/

const headerOf = (headers: WebhookHeaders, name: string): string => {
  const value =
    typeof headers.get === 'function'
      ? (headers.get as (header: string) => string | null)(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  if (typeof value !== 'string' || value === '')
    throw new WebhookVerificationError('WEBHOOK_HEADERS_MISSING', `the header ${name} is missing`)
  return value
}

/** @returns undefined for what is not base64 */
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return undefined
  }
}

const keyOf = (secret: string): Promise<CryptoKey> => {
  const bytes = fromBase64(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret)
  if (!bytes || bytes.length === 0) throw new ConfigurationError('a webhook secret is `whsec_` and base64')
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

const bytesOf = (body: string | Uint8Array | ArrayBuffer): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body)

const signedContent = (id: string, timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> => {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`)
  const content = new Uint8Array(head.length + body.length)
  content.set(head)
  content.set(body, head.length)
  return content
}

const isSigned = async (secrets: readonly string[], signatures: string, content: Uint8Array<ArrayBuffer>) => {
  const given = signatures
    .split(' ')
    .filter((signature) => signature.startsWith(VERSION))
    .slice(0, MAX_SIGNATURES)
  const keys = await Promise.all(secrets.map(keyOf))
  // Every pair is checked, and in constant time, as `verify` does: nothing of a secret shows in how long it takes.
  const checks = given.flatMap((signature) => {
    const bytes = fromBase64(signature.slice(VERSION.length))
    return bytes ? keys.map((key) => crypto.subtle.verify('HMAC', key, bytes, content)) : []
  })
  return (await Promise.all(checks)).includes(true)
}

const eventIn = (body: Uint8Array): WebhookEvent => {
  try {
    const event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Partial<WebhookEvent> | null
    if (typeof event?.type === 'string' && typeof event.timestamp === 'string' && typeof event.data === 'object')
      return event as WebhookEvent
  } catch {
    // Said below.
  }
  throw new WebhookVerificationError('WEBHOOK_BODY_INVALID', 'the body is signed, but it is not an event')
}

/**
 * Check that a webhook is from the service, is recent and was not changed, and read it.
 * @param rawBody the body as it came, before any parser touched it
 * @param secret of the endpoint, `whsec_...`; several while you rotate
 * @throws WebhookVerificationError, ConfigurationError
 * @source Standard Webhooks 1.0.0
 */
export const unwrapWebhook = async (
  rawBody: string | Uint8Array | ArrayBuffer,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { toleranceMs = TOLERANCE_MS, now = Date.now() }: UnwrapOptions = {},
): Promise<WebhookEvent> => {
  const [id, timestamp] = [headerOf(headers, 'webhook-id'), headerOf(headers, 'webhook-timestamp')]
  const signatures = headerOf(headers, 'webhook-signature')
  const secrets = typeof secret === 'string' ? [secret] : secret
  if (secrets.length === 0) throw new ConfigurationError('a webhook secret is needed')
  if (!DIGITS.test(timestamp) || Math.abs(Number(timestamp) * 1000 - now) > toleranceMs)
    throw new WebhookVerificationError('WEBHOOK_TIMESTAMP_REFUSED', 'the call is too old, too new, or without a time')
  const body = bytesOf(rawBody)
  if (!(await isSigned(secrets, signatures, signedContent(id, timestamp, body))))
    throw new WebhookVerificationError(
      'WEBHOOK_SIGNATURE_REFUSED',
      'no signature fits: wrong secret, or a changed body',
    )
  return eventIn(body)
}
