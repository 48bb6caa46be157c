import { AsyncLocalStorage } from 'node:async_hooks'
import http from 'node:http'
import https from 'node:https'
import { Client, type ClientOptions } from 'minio'
import type { BlobStore } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import { createRemoteBlobStore, type ObjectDriver } from './remote.ts'
import { translateS3 } from './s3-errors.ts'
import type { S3Credentials } from './s3-post-policy.ts'

/** What the minio driver needs. */
export interface MinioOptions {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly bucket: string
  /** absent: asked of the server once */
  readonly region?: string | undefined
  readonly credentials: S3Credentials
  readonly timeoutMs: number
  readonly listPageCount: number
  readonly clock: Clock
}

type Transport = NonNullable<ClientOptions['transport']>

/** The signal of the call that is being made: the library has no place for one. */
const signals = new AsyncLocalStorage<AbortSignal>()

/** Requests that end with their call, instead of holding a socket that nobody waits for. */
const abortable = (tls: boolean): Transport => {
  const request = (options: http.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    const signal = signals.getStore()
    return (tls ? https : http).request(signal ? { ...options, signal } : options, onResponse)
  }
  return { request } as Transport
}

const clientOf = ({ host, port, tls, region, credentials }: MinioOptions, agent: http.Agent): Client =>
  new Client({
    endPoint: host,
    port,
    useSSL: tls,
    accessKey: credentials.accessKeyId,
    secretKey: credentials.secretAccessKey,
    transport: abortable(tls),
    transportAgent: agent,
    retryOptions: { disableRetry: true }, // its retries also write to the console
    ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
    ...(region === undefined ? {} : { region }),
  })

const createDriver = (options: MinioOptions): ObjectDriver => {
  const { tls, bucket, listPageCount } = options
  const agent = new (tls ? https : http).Agent({ keepAlive: true })
  const client = clientOf(options, agent)
  return {
    async put(key, body, contentType, signal) {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      const headers = { 'Content-Type': contentType }
      await signals.run(signal, () => client.putObject(bucket, key, bytes, bytes.length, headers))
    },
    async get(key, signal) {
      const stream = await signals.run(signal, () => client.getObject(bucket, key))
      const announced = (stream as http.IncomingMessage).headers['content-length']
      return { stream, bytes: announced === undefined ? undefined : Number(announced) }
    },
    async head(key, signal) {
      const { size, metaData, lastModified } = await signals.run(signal, () => client.statObject(bucket, key))
      const contentType = String(metaData['content-type'] ?? '')
      return { key, bytes: size, contentType, modifiedAt: lastModified.getTime() }
    },
    async delete(key, signal) {
      await signals.run(signal, () => client.removeObject(bucket, key))
    },
    async list(prefix, after = '', signal) {
      // Pages by the last key, not by the server's token: the library reads a token of digits as a number.
      const page = await signals.run(signal, () =>
        client.listObjectsV2Query(bucket, prefix, '', '', listPageCount, after),
      )
      const entries = page.objects.map(({ name, size, lastModified }) => ({
        key: name ?? '',
        bytes: size,
        modifiedAt: lastModified?.getTime() ?? 0,
      }))
      return { entries, next: page.isTruncated ? entries.at(-1)?.key : undefined }
    },
    async signUpload(key, { contentType, maxBytes, ttlMs }, now, signal) {
      const expiresAt = Math.ceil((now + ttlMs) / 1000) * 1000
      const policy = client.newPostPolicy()
      policy.setBucket(bucket)
      policy.setKey(key)
      policy.setContentType(contentType)
      policy.setContentLengthRange(1, maxBytes)
      policy.setExpires(new Date(expiresAt))
      const { postURL, formData } = await signals.run(signal, () => client.presignedPostPolicy(policy))
      return { url: postURL, method: 'POST', headers: {}, fields: formData, expiresAt }
    },
    translate: translateS3,
    close: () => agent.destroy(),
  }
}

/**
 * Objects in a bucket of a MinIO server, or of another one that MinIO's own client can talk to. Signed uploads are POST
 * policies, which bound type and size.
 */
export const createMinioBlobStore = (options: MinioOptions): BlobStore =>
  createRemoteBlobStore(createDriver(options), options)
