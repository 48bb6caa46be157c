import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ENCODINGS, type Encoding, type PageFile, type PageFiles } from './page-files.ts'

/**
 * What the page may do: load its own files, talk to its own host, and nothing else. No text may become markup or a script:
 * a reason that somebody wrote stays a reason.
 * @source W3C Content Security Policy Level 3; W3C Trusted Types
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const PAGE_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  // The files hold nothing about anybody; each use asks whether there is a newer release.
  'cache-control': 'no-cache',
  vary: 'accept-encoding',
} as const

const PREFIX = '/console/'

/**
 * The best form of a file that a caller takes.
 * @param accepts the header; undefined = as it is
 * @source RFC 9110 section 12.5.3
 */
export const encodingFor = (accepts: string | undefined): Encoding => {
  const refused = /;\s*q=0(\.0{0,3})?$/
  const wanted = (accepts ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
  const taken = wanted.filter((one) => !refused.test(one)).map((one) => one.split(';')[0]?.trim())
  return ENCODINGS.find((encoding) => taken.includes(encoding)) ?? 'identity'
}

/** Has the caller got it already? @source RFC 9110 section 13.1.2, whose comparison is the weak one */
const isKnown = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)

const send = (request: FastifyRequest, reply: FastifyReply, { type, etags, bodies }: PageFile) => {
  const encoding = encodingFor(request.headers['accept-encoding'])
  reply.headers({ ...PAGE_HEADERS, etag: etags[encoding] })
  if (isKnown(request.headers['if-none-match'], etags[encoding])) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.type(type).send(bodies[encoding])
}

/**
 * Serve the console under `/console/`, a route for each of its files: what is not one of them is not there. It needs no key,
 * because it holds no data. Addresses are relative, so that a proxy may put it under a path of its own.
 */
export const addConsole = (app: FastifyInstance, files: PageFiles): void => {
  const [config, schema] = [{ access: 'public', quiet: true } as const, { hide: true }]
  for (const [name, file] of files)
    app.get(`${PREFIX}${name}`, { config, schema, handler: async (request, reply) => send(request, reply, file) })
  if (!files.has('')) return
  for (const url of ['/', '/console'])
    app.get(url, { config, schema, handler: async (_request, reply) => reply.redirect('console/', 308) })
}
