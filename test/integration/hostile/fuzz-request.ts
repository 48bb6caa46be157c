import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import fc, { type Arbitrary } from 'fast-check'
import { type Body, bodyOf, nastyText } from './fuzz-cases.ts'
import { type Document, nameOf, type Operation } from './openapi-document.ts'

/** One request of the fuzz. */
export interface FuzzRequest {
  /** method and path of the operation, as the document has them */
  readonly to: string
  /** another than the operation's when the case is about methods */
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body | undefined
}

/** What may stand in a header on the wire: anything else never reaches the server. */
const headerText: Arbitrary<string> = fc.oneof(
  fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 80,
  }),
  fc.constantFrom('', ',', '=', '"', '";"', ';;', 'a'.repeat(300), '\t', '{"a":1}', "' or 1=1 --", '\u00a0'),
)

// The first preference counts: without it a case that is accepted by chance would wait for a worker.
const prefer = fc.oneof(
  fc.constantFrom('wait=0', 'respond-async', 'wait="0"', 'wait=0, respond-async'),
  headerText.map((text) => `wait=0, ${text}`),
)

const headersOf = (authorizations: readonly string[]): Arbitrary<Record<string, string>> =>
  fc
    .record(
      {
        authorization: fc.oneof(
          { weight: 40, arbitrary: fc.constantFrom(...authorizations) },
          headerText.map((text) => `Bearer ${text}`),
        ),
        'idempotency-key': fc.oneof({ weight: 4, arbitrary: fc.uuid() }, headerText),
        traceparent: headerText,
        'x-request-id': headerText,
        'user-agent': headerText,
        'accept-encoding': headerText,
        'x-forwarded-for': headerText,
        expect: fc.constantFrom('100-continue', 'nonsense'),
      },
      { requiredKeys: ['authorization'] },
    )
    .chain((headers) => prefer.map((one) => ({ ...headers, prefer: one })))

const pathText: Arbitrary<string> = fc.oneof(
  fc.uuid(),
  nastyText.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom(
    '..',
    '.',
    '%',
    '%zz',
    '%c0%af',
    '%2e%2e%2f%2e%2e',
    '%00',
    '%0d%0aset-cookie:a',
    'a/b',
    '*',
    '\u00ff',
  ),
)

const queryText: Arbitrary<string> = fc.oneof(
  fc.constant(''),
  fc.constantFrom('?', '?verbose', '?verbose=1&verbose=2', '?a[b]=c', '?__proto__=1', '?%', '?=&=', '?x=%00', '??'),
  fc
    .array(fc.tuple(pathText, pathText), { maxLength: 3 })
    .map((pairs) => `?${pairs.map((pair) => pair.join('=')).join('&')}`),
)

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'LOCK']

const requestOf = (
  document: Document,
  operation: Operation,
  authorizations: readonly string[],
): Arbitrary<FuzzRequest> => {
  const path = fc
    .tuple(fc.array(pathText, { minLength: 3, maxLength: 3 }), queryText)
    .map(([texts, query]) => operation.path.replaceAll(/\{[^}]+\}/g, () => texts.pop() ?? 'x') + query)
  const method = fc.oneof(
    { weight: 15, arbitrary: fc.constant(operation.method) },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  )
  return fc.record({
    to: fc.constant(nameOf(operation)),
    method,
    path,
    headers: headersOf(authorizations),
    body: bodyOf(document, operation),
  })
}

/** Any request at all to any operation of the document. @param authorizations one of which most of them carry */
export const requestTo = (document: Document, authorizations: readonly string[]): Arbitrary<FuzzRequest> =>
  fc.oneof(
    ...document.operations.map((operation) => ({
      // Operations that take a body have more ways to be wrong.
      weight: operation.requestBody ? 4 : 1,
      arbitrary: requestOf(document, operation, authorizations),
    })),
  )

/** An answer, whole. */
export interface FuzzAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends requests one after the other on connections that are kept open, as a client library would. */
export const createSender = (port: number) => {
  const agent = new Agent({ keepAlive: true })
  const send = ({ method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> =>
    new Promise((resolve, reject) => {
      const type = body?.type === undefined ? {} : { 'content-type': body.type }
      const length = body === undefined ? {} : { 'content-length': String(body.bytes.length) }
      const outgoing = request(
        { agent, host: '127.0.0.1', port, method, path, headers: { ...headers, ...type, ...length } },
        (incoming) => {
          const chunks: Buffer[] = []
          const answered = () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text: Buffer.concat(chunks).toString(),
            })
          // A stream of events has no end of its own: how it begins is the answer.
          const endless = incoming.headers['content-type']?.startsWith('text/event-stream')
          incoming.on('data', (chunk) => {
            chunks.push(chunk)
            if (!endless) return
            answered()
            incoming.destroy()
          })
          incoming.on('end', answered)
          incoming.on('error', reject)
        },
      )
      outgoing.on('error', (cause) => reject(new Error(`no answer to ${method} ${path}`, { cause })))
      outgoing.end(body?.bytes)
    })
  return { send, close: () => agent.destroy() }
}
