import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { CallFailure } from '../domain/webhook.ts'
import type { Called, WebhookCall, WebhookSender } from '../ports/webhook-sender.ts'
import { createResolve, type Resolve } from './resolve.ts'
import { refusalOf, refusalOfAddresses, type Target, targetOf, type UrlRules } from './url-rules.ts'

/** Where to and how long. */
export interface SenderConfig extends UrlRules {
  /** for everything: name, connection, answer */
  readonly timeoutMs: number
}

/** Of an answer only this much is kept, and no more is read. */
const MAX_BODY_BYTES = 256
const MAX_HEADER_BYTES = 16_384
/** All of them were looked at; trying them all in turn would only use up the time. */
const MAX_ADDRESSES = 4
/** The status has been told: the rest is worth a moment at most. */
const BODY_TIMEOUT_MS = 1000

const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
])

const failureOf = (error: unknown): CallFailure => {
  const code = String((error as { code?: unknown }).code ?? '')
  if (TLS_CODES.test(code)) return 'TLS_FAILED'
  return NOT_CONNECTED.has(code) ? 'NOT_CONNECTED' : 'CONNECTION_LOST'
}

const failed = (failure: CallFailure): Called => ({ kind: 'failed', failure })

const beginningOf = (response: IncomingMessage): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const end = () => {
      clearTimeout(timer)
      response.destroy()
      resolve(Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8'))
    }
    const timer = setTimeout(end, BODY_TIMEOUT_MS)
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= MAX_BODY_BYTES) end()
    })
    response.on('error', end)
    response.on('close', end)
  })

/**
 * One exchange with an address that was looked at before. The socket goes to that address and no other: nobody asks a name
 * server again. An agent of its own, so that no proxy of the environment and no kept connection comes between.
 */
const exchange = (
  { url, host, port, plain, literal }: Target,
  address: string,
  call: WebhookCall,
  signal: AbortSignal,
) =>
  new Promise<Called>((resolve) => {
    const request = (plain ? http : https).request({
      host: address,
      port,
      // The certificate must be that of the name, not of the address.
      ...(!plain && !literal && { servername: host }),
      method: 'POST',
      path: url.pathname + url.search,
      headers: {
        ...call.headers,
        host: url.host,
        'content-length': Buffer.byteLength(call.body),
        'accept-encoding': 'identity',
        connection: 'close',
      },
      agent: plain ? new http.Agent({ keepAlive: false }) : new https.Agent({ keepAlive: false }),
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
    })
    request.on('error', (error) => resolve(failed(signal.aborted ? 'TIMEOUT' : failureOf(error))))
    request.on('response', (response) => {
      const { statusCode: status = 0, headers } = response
      const retryAfter = headers['retry-after']
      void beginningOf(response).then((body) => resolve({ kind: 'answered', status, retryAfter, body }))
    })
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve(failed('CONNECTION_LOST'))
    })
    request.end(call.body)
  })

/** Calls out by Node's own HTTP client. @param resolve for tests: a name server of theirs */
export const createWebhookSender = (
  config: SenderConfig,
  resolve: Resolve = createResolve(config.allow),
): WebhookSender => {
  const addressesOf = async ({ host, literal }: Target, signal: AbortSignal): Promise<readonly string[]> => {
    if (literal) return [host]
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    return Promise.race([resolve(host), late])
  }

  const call = async (target: Target, request: WebhookCall, signal: AbortSignal): Promise<Called> => {
    let addresses: readonly string[]
    try {
      addresses = await addressesOf(target, signal)
    } catch {
      return failed(signal.aborted ? 'TIMEOUT' : 'NAME_NOT_RESOLVED')
    }
    if (addresses.length === 0) return failed('NAME_NOT_RESOLVED')
    const refusal = refusalOfAddresses(target, addresses, config)
    if (refusal) return failed(refusal)
    let called = failed('NOT_CONNECTED')
    for (const address of addresses.slice(0, MAX_ADDRESSES)) {
      called = await exchange(target, address, request, signal)
      // Nothing was sent: a machine without a way to the one may have one to the next.
      if (called.kind === 'answered' || called.failure !== 'NOT_CONNECTED') break
    }
    return called
  }

  return {
    refusal(text) {
      const target = targetOf(text)
      return target ? refusalOf(target, config) : 'MALFORMED'
    },
    async call(request) {
      const target = targetOf(request.url)
      const refusal = target ? refusalOf(target, config) : 'MALFORMED'
      if (!target || refusal) return failed(refusal ?? 'MALFORMED')
      const controller = new AbortController()
      const timer = setTimeout(() => controller.abort(new Error('late')), config.timeoutMs)
      try {
        return await call(target, request, controller.signal)
      } catch (error) {
        return failed(failureOf(error))
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
