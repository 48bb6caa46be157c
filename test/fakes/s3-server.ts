import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type S3Account, S3Refusal, type SignedRequest, verifyForm, verifyRequest } from './s3-signature.ts'
import { wholeBody } from './whole-body.ts'

interface Stored {
  readonly body: Uint8Array
  readonly contentType: string
  readonly modifiedAt: Date
}

/** A small S3 server with one bucket, strict about signatures where others look away. */
export interface S3Server {
  readonly endpoint: string
  /** put an object there that is older than the test */
  plant(key: string, body: Uint8Array, modifiedAt: Date): void
  close(): Promise<void>
}

type Objects = Map<string, Stored>

const xml = (response: ServerResponse, status: number, text: string) =>
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>${text}`)

const etagOf = ({ body }: Stored) => `"${createHash('md5').update(body).digest('hex')}"`

/** Answer one page of `ListObjectsV2`. */
const list = (objects: Objects, { searchParams }: URL, response: ServerResponse) => {
  const after = searchParams.get('continuation-token') ?? searchParams.get('start-after') ?? ''
  const prefix = searchParams.get('prefix') ?? ''
  const pageCount = Number(searchParams.get('max-keys') ?? 1000)
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
  const page = keys.slice(0, pageCount)
  const truncated = keys.length > page.length
  const contents = page.map((key) => {
    const { body, modifiedAt } = objects.get(key) as Stored
    return `<Contents><Key>${key}</Key><LastModified>${modifiedAt.toISOString()}</LastModified><Size>${body.length}</Size></Contents>`
  })
  const token = truncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
  const body = `<KeyCount>${page.length}</KeyCount><IsTruncated>${truncated}</IsTruncated>${token}${contents.join('')}`
  xml(response, 200, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${body}</ListBucketResult>`)
}

const read = (objects: Objects, key: string, method: string, response: ServerResponse) => {
  const found = objects.get(key)
  if (!found) throw new S3Refusal(404, 'NoSuchKey')
  response.writeHead(200, {
    'content-type': found.contentType,
    'content-length': found.body.length,
    'last-modified': found.modifiedAt.toUTCString(),
    etag: etagOf(found),
  })
  response.end(method === 'HEAD' ? undefined : found.body)
}

const put = (objects: Objects, key: string, body: Uint8Array, contentType: string): Stored => {
  const stored = { body, contentType, modifiedAt: new Date() }
  objects.set(key, stored)
  return stored
}

const takeForm = async (account: S3Account, objects: Objects, bucket: string, request: SignedRequest) => {
  const headers = { 'content-type': String(request.headers['content-type']) }
  const form = await new Response(Buffer.from(request.body), { headers }).formData()
  const file = form.get('file')
  const fields = new Map([['bucket', bucket]])
  for (const [name, value] of form) if (typeof value === 'string') fields.set(name.toLowerCase(), value)
  if (!(file instanceof File)) throw new S3Refusal(400, 'MalformedPOSTRequest')
  const body = new Uint8Array(await file.arrayBuffer())
  verifyForm(account, fields, body.length)
  put(objects, fields.get('key') ?? '', body, fields.get('content-type') ?? '')
}

const serve = async (
  account: S3Account,
  bucket: string,
  objects: Objects,
  request: SignedRequest,
  response: ServerResponse,
) => {
  const { method, url } = request
  const [, bucketName, ...rest] = url.pathname.split('/').map(decodeURIComponent)
  const key = rest.join('/')
  if (method === 'POST') {
    await takeForm(account, objects, bucketName ?? '', request)
    return response.writeHead(204).end()
  }
  verifyRequest(account, request)
  if (bucketName !== bucket) throw new S3Refusal(404, 'NoSuchBucket')
  if (url.searchParams.has('location')) return xml(response, 200, '<LocationConstraint/>')
  if (key === '') return list(objects, url, response)
  if (method === 'PUT') {
    const stored = put(objects, key, request.body, String(request.headers['content-type'] ?? ''))
    return response.writeHead(200, { etag: etagOf(stored) }).end()
  }
  if (method === 'DELETE') {
    objects.delete(key)
    return response.writeHead(204).end()
  }
  return read(objects, key, method, response)
}

/** Speaks enough of the S3 REST API for a blob store, path style. */
export const startS3Server = async (account: S3Account, bucket: string): Promise<S3Server> => {
  const objects: Objects = new Map()
  const server = createServer(async (incoming, response) => {
    const body = await wholeBody(incoming)
    if (!body) return
    const { method = '', headers } = incoming
    const request = {
      method,
      headers,
      url: new URL(`http://${headers.host}${incoming.url}`),
      body,
    }
    try {
      await serve(account, bucket, objects, request, response)
    } catch (error) {
      const { status, code } = error instanceof S3Refusal ? error : new S3Refusal(500, 'InternalError')
      if (method === 'HEAD') response.writeHead(status).end()
      else xml(response, status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plant: (key, body, modifiedAt) =>
      void objects.set(key, { body, contentType: 'application/octet-stream', modifiedAt }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
