import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ENCODINGS, type Encoding, type PageFile, type PageFiles, releaseFolder } from './page-files.ts'

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
  vary: 'accept-encoding',
} as const

/** Each use asks whether there is a newer release. The files hold nothing about anybody: whoever is between may keep them too. */
const ASK_AGAIN = 'no-cache'
/** @source RFC 8246 */
const KEEP = 'public, max-age=31536000, immutable'

const PREFIX = '/console/'
/** While releases change, a page of one may come to a process of another: it gets what there is, and does not keep it. */
const ANY_RELEASE = ':release(^r-[\\w-]{22}$)/'

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

const send = (request: FastifyRequest, reply: FastifyReply, { type, etags, bodies }: PageFile, caching: string) => {
  const encoding = encodingFor(request.headers['accept-encoding'])
  reply.headers({ ...PAGE_HEADERS, etag: etags[encoding], 'cache-control': caching })
  if (isKnown(request.headers['if-none-match'], etags[encoding])) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.type(type).send(bodies[encoding])
}

/**
 * Serve the console under `/console/`, a route for each of its files, which each release has in a folder of its own too: what is
 * not one of them is not there. It needs no key,
 * because it holds no data. Addresses are relative, so that a proxy may put it under a path of its own.
 */
export const addConsole = (app: FastifyInstance, files: PageFiles): void => {
  const [config, schema] = [{ access: 'public', quiet: true } as const, { hide: true }]
  // Whoever compressed a file once more, for `*` for example, would send it under the validator of its plain form.
  const asItIs = { config, schema, compress: false } as const
  const own = releaseFolder(files)
  for (const [name, file] of files) {
    const plain = async (request: FastifyRequest, reply: FastifyReply) => send(request, reply, file, ASK_AGAIN)
    const ofRelease = async (request: FastifyRequest<{ Params: { release: string } }>, reply: FastifyReply) =>
      send(request, reply, file, `${request.params.release}/` === own ? KEEP : ASK_AGAIN)
    app.get(`${PREFIX}${name}`, { ...asItIs, handler: plain })
    if (name !== '') app.get(`${PREFIX}${ANY_RELEASE}${name}`, { ...asItIs, handler: ofRelease })
  }
  if (!files.has('')) return
  for (const url of ['/', '/console'])
    app.get(url, { config, schema, handler: async (_request, reply) => reply.redirect('console/', 308) })
}
