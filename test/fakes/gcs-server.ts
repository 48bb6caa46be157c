import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type GcsAccount, isSigned } from './gcs-signature.ts'
import { wholeBody } from './whole-body.ts'

interface Stored {
  readonly body: Buffer
  readonly contentType: string
  readonly updated: string
}

/** A small Google Cloud Storage server with one bucket: its JSON API, and signed uploads of its XML API. */
export interface GcsServer {
  readonly endpoint: string
  close(): Promise<void>
}

interface Request {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

type Objects = Map<string, Stored>

class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Castagnoli's polynomial, reflected. */
const CRC32C_TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value >>> 0
})

const crc32c = (body: Buffer): string => {
  let sum = 0xffffffff
  for (const byte of body) sum = (CRC32C_TABLE[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(~sum >>> 0)
  return bytes.toString('base64')
}

const resourceOf = (name: string, { body, contentType, updated }: Stored) => ({
  kind: 'storage#object',
  name,
  size: String(body.length),
  contentType,
  updated,
  crc32c: crc32c(body),
})

const json = (response: ServerResponse, status: number, value: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(value))

const put = (objects: Objects, name: string, body: Buffer, contentType: string): Stored => {
  const stored = { body, contentType, updated: new Date().toISOString() }
  objects.set(name, stored)
  return stored
}

/** The two parts of a `multipart/related` upload, as Google's own client sends it: JSON about the object, its bytes. */
const takeMultipart = (objects: Objects, { url, headers, body }: Request): [string, Stored] => {
  const boundary = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1] ?? ''
  const marks: number[] = []
  for (let at = body.indexOf(`--${boundary}`); at >= 0; at = body.indexOf(`--${boundary}`, at + 1)) marks.push(at)
  const [about, media] = marks.slice(0, 2).map((from, index) => {
    const part = body.subarray(from, (marks[index + 1] ?? 0) - 2) // the line end before a boundary belongs to it
    const blank = part.indexOf('\r\n\r\n')
    return { head: part.subarray(0, blank).toString(), content: part.subarray(blank + 4) }
  })
  if (!about || !media) throw new Refusal(400, 'not a multipart upload')
  const metadata = JSON.parse(about.content.toString()) as { name?: string; contentType?: string }
  const name = metadata.name ?? url.searchParams.get('name') ?? ''
  const contentType = metadata.contentType ?? /content-type: *(\S+)/i.exec(media.head)?.[1] ?? ''
  return [name, put(objects, name, media.content, contentType)]
}

const takeUpload = (objects: Objects, request: Request, response: ServerResponse) => {
  const { url, headers, body } = request
  const type = url.searchParams.get('uploadType')
  if (type === 'multipart') return json(response, 200, resourceOf(...takeMultipart(objects, request)))
  if (type !== 'media') throw new Refusal(501, 'only media and multipart uploads are taken here')
  const name = url.searchParams.get('name') ?? ''
  return json(response, 200, resourceOf(name, put(objects, name, body, headers['content-type'] ?? '')))
}

const takeSignedUpload = (objects: Objects, account: GcsAccount, name: string, request: Request) => {
  const { method, url, headers, body } = request
  if (!isSigned(account, method, url, headers)) throw new Refusal(403, 'SignatureDoesNotMatch')
  const [least = 0, most = Number.POSITIVE_INFINITY] = String(headers['x-goog-content-length-range'])
    .split(',')
    .map(Number)
  if (body.length < least || body.length > most) throw new Refusal(400, 'EntityTooLarge')
  put(objects, name, body, headers['content-type'] ?? '')
}

const list = (objects: Objects, { searchParams }: URL, response: ServerResponse) => {
  const [prefix, after] = [searchParams.get('prefix') ?? '', searchParams.get('pageToken') ?? '']
  const names = [...objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort()
  const page = names.slice(0, Number(searchParams.get('maxResults') ?? 1000))
  const items = page.map((name) => resourceOf(name, objects.get(name) as Stored))
  const paging = names.length > page.length ? { nextPageToken: page.at(-1) } : {}
  return json(response, 200, { kind: 'storage#objects', items, ...paging })
}

const read = (name: string, stored: Stored | undefined, url: URL, response: ServerResponse) => {
  if (!stored) throw new Refusal(404, `No such object: ${name}`)
  if (url.searchParams.get('alt') !== 'media') return json(response, 200, resourceOf(name, stored))
  const { body, contentType } = stored
  response.writeHead(200, {
    'content-type': contentType,
    'content-length': body.length,
    'x-goog-hash': `crc32c=${crc32c(body)}`,
    'x-goog-stored-content-encoding': 'identity',
    'x-goog-stored-content-length': body.length,
  })
  return response.end(body)
}

const serve = (account: GcsAccount, bucket: string, objects: Objects, request: Request, response: ServerResponse) => {
  const { method, url, headers } = request
  const [, upload, , bucketName, name] = /^(\/upload)?(\/storage\/v1)\/b\/([^/]+)\/o\/?(.*)$/.exec(url.pathname) ?? []
  if (bucketName === undefined) {
    takeSignedUpload(objects, account, decodeURIComponent(url.pathname.slice(bucket.length + 2)), request)
    return response.writeHead(200).end()
  }
  if (headers.authorization !== `Bearer ${account.accessToken}`) throw new Refusal(401, 'Invalid Credentials')
  if (bucketName !== bucket) throw new Refusal(404, 'The specified bucket does not exist.')
  if (upload) return takeUpload(objects, request, response)
  if (!name) return list(objects, url, response)
  const key = decodeURIComponent(name)
  if (method !== 'DELETE') return read(key, objects.get(key), url, response)
  if (!objects.delete(key)) throw new Refusal(404, `No such object: ${key}`)
  return response.writeHead(204).end()
}

/**
 * Speaks enough of Google Cloud Storage for a blob store; the real client library is its judge.
 * @source Google Cloud Storage JSON API, "Objects"
 */
export const startGcsServer = async (account: GcsAccount, bucket: string): Promise<GcsServer> => {
  const objects: Objects = new Map()
  const server = createServer(async (incoming, response) => {
    const body = await wholeBody(incoming)
    if (!body) return
    const { method = '', headers } = incoming
    const url = new URL(`http://${headers.host}${incoming.url}`)
    try {
      serve(account, bucket, objects, { method, headers, url, body }, response)
    } catch (error) {
      const { status = 500, message } = error as Partial<Refusal>
      json(response, status, { error: { code: status, message, errors: [{ domain: 'global', message }] } })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
