import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { type AppError, BlobNotFoundError, StorageDeniedError, UnavailableError } from '../domain/errors.ts'
import type { BlobStore, SignedUpload, UploadLimits } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import { SERVICE } from './bounded.ts'
import { crc32cOf, type GcsAccess, type GcsApi, GcsFailure, openGcsApi } from './gcs-api.ts'
import { createRemoteBlobStore, type ObjectDriver } from './remote.ts'

/** What the gcs driver needs. */
export interface GcsOptions extends GcsAccess {
  readonly bucket: string
  readonly timeoutMs: number
  readonly listPageCount: number
  readonly clock: Clock
}

/** An object as the JSON API describes it; numbers are texts there. */
interface Resource {
  readonly name: string
  readonly size?: string
  readonly contentType?: string
  readonly updated?: string
  readonly crc32c?: string
}

/** Credentials that the library cannot find, read or use: it says so in words only. The one file it reads is the key. */
const NO_CREDENTIALS = /credentials|invalid_grant|client_email|private_key|ENOENT|EACCES/i
/** Google answers 404 for both; a missing bucket is a store that is not ready, not a missing object. */
const NO_BUCKET = /bucket does not exist/i

const translate = (error: unknown, key: string | undefined): AppError => {
  if (!(error instanceof GcsFailure)) {
    const { message = '' } = (error ?? {}) as Partial<Error>
    return NO_CREDENTIALS.test(message) ? new StorageDeniedError(error) : new UnavailableError(SERVICE, error)
  }
  if (error.status === 401 || error.status === 403) return new StorageDeniedError(error)
  if (error.status === 404 && key !== undefined && !NO_BUCKET.test(error.message)) return new BlobNotFoundError(key)
  return new UnavailableError(SERVICE, error)
}

const entryOf = ({ name, size, updated }: Resource) => ({
  key: name,
  bytes: Number(size ?? 0),
  modifiedAt: updated ? Date.parse(updated) : 0,
})

const sign = async ({ storage }: GcsApi, bucket: string, key: string, limits: UploadLimits, now: number) => {
  const { contentType, maxBytes, ttlMs } = limits
  const expiresAt = Math.ceil((now + ttlMs) / 1000) * 1000
  // Google's own bound on the size of an upload whose length is not known: a header that must be sent as signed.
  const bound = { 'x-goog-content-length-range': `1,${maxBytes}` }
  const file = storage.bucket(bucket).file(key)
  const what = { version: 'v4', action: 'write', expires: expiresAt, contentType, extensionHeaders: bound } as const
  const [url] = await file.getSignedUrl(what)
  return { url, method: 'PUT', headers: { 'content-type': contentType, ...bound }, expiresAt } satisfies SignedUpload
}

const createDriver = (options: GcsOptions): ObjectDriver => {
  const { bucket, listPageCount } = options
  const api = openGcsApi(options)
  const objects = `/storage/v1/b/${bucket}/o`
  const pathOf = (key: string) => `${objects}/${encodeURIComponent(key)}`
  return {
    async put(key, body, contentType, signal) {
      const query = { uploadType: 'media', name: key }
      const path = `/upload${objects}`
      const response = await api.call({ method: 'POST', path, query, contentType, body, signal })
      const { crc32c } = (await response.json()) as Resource
      if (crc32c !== undefined && crc32c !== crc32cOf(body)) throw new Error('the object arrived damaged')
    },
    async get(key, signal) {
      const response = await api.call({ method: 'GET', path: pathOf(key), query: { alt: 'media' }, signal })
      const length = response.headers.get('x-goog-stored-content-length') ?? response.headers.get('content-length')
      const stream = response.body ? Readable.fromWeb(response.body as ReadableStream) : Readable.from([])
      return { stream, bytes: length === null ? undefined : Number(length) }
    },
    async head(key, signal) {
      const resource = (await (await api.call({ method: 'GET', path: pathOf(key), signal })).json()) as Resource
      return { ...entryOf(resource), key, contentType: resource.contentType ?? '' }
    },
    async delete(key, signal) {
      await api.call({ method: 'DELETE', path: pathOf(key), signal })
    },
    async list(prefix, pageToken, signal) {
      const fields = 'items(name,size,updated),nextPageToken'
      const query = { prefix, maxResults: String(listPageCount), fields, ...(pageToken && { pageToken }) }
      const response = await api.call({ method: 'GET', path: objects, query, signal })
      const { items = [], nextPageToken } = (await response.json()) as {
        readonly items?: readonly Resource[]
        readonly nextPageToken?: string
      }
      return { entries: items.map(entryOf), next: nextPageToken }
    },
    signUpload: (key, limits, now) => sign(api, bucket, key, limits, now),
    translate,
    close: () => {},
  }
}

/**
 * Objects in a bucket of Google Cloud Storage. Signed uploads are V4 signed PUTs which bound type and size; where the
 * credentials hold no private key Google signs for the machine's service account, which needs the role Token Creator
 * on itself.
 */
export const createGcsBlobStore = (options: GcsOptions): BlobStore =>
  createRemoteBlobStore(createDriver(options), options)
