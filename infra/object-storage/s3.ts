import type { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { BlobStore, SignedUpload, UploadLimits } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import { createRemoteBlobStore, type ObjectDriver } from './remote.ts'
import { translateS3 } from './s3-errors.ts'
import { postPolicyFields, type S3Credentials } from './s3-post-policy.ts'

/** What the s3 driver needs. */
export interface S3Options {
  readonly bucket: string
  /** absent: the SDK's chain (environment, shared config), or `us-east-1` where there is an endpoint */
  readonly region?: string | undefined
  /** absent: AWS */
  readonly endpoint?: string | undefined
  readonly forcePathStyle: boolean
  /** `put` for servers without POST policies; such an upload's size is not bounded by the server */
  readonly upload: 'post' | 'put'
  /** absent: the SDK's default chain */
  readonly credentials?: S3Credentials | undefined
  readonly timeoutMs: number
  readonly listPageCount: number
  readonly clock: Clock
}

/** One process makes at most a few hundred calls at once; the SDK's 50 would queue them silently. */
const MAX_SOCKETS = 256
/** Signature V4 refuses more than seven days, and one second is its grain. */
const MAX_EXPIRY_SECONDS = 604_800

const clientOf = ({ region, endpoint, forcePathStyle, credentials }: S3Options): S3Client => {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS }
  const home = region ?? (endpoint === undefined ? undefined : 'us-east-1')
  return new S3Client({
    forcePathStyle,
    maxAttempts: 1,
    // Many S3-compatible servers refuse the newer checksum headers; Signature V4 covers the body's SHA-256 already.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { httpAgent: agent, httpsAgent: agent },
    ...(home === undefined ? {} : { region: home }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: withoutUndefined(credentials) }),
  })
}

const withoutUndefined = ({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials) =>
  sessionToken === undefined ? { accessKeyId, secretAccessKey } : { accessKeyId, secretAccessKey, sessionToken }

const expirySeconds = ({ ttlMs }: UploadLimits): number =>
  Math.min(MAX_EXPIRY_SECONDS, Math.max(1, Math.ceil(ttlMs / 1000)))

/** A form: exact key and type, bounded size. */
const signPost = async (client: S3Client, bucket: string, key: string, limits: UploadLimits, now: number) => {
  const [credentials, region] = await Promise.all([client.config.credentials(), client.config.region()])
  // The presigned address of a call on the bucket itself is the bucket's address, in whichever style it is reached.
  const { origin, pathname } = new URL(await getSignedUrl(client, new HeadBucketCommand({ Bucket: bucket })))
  const expiresAt = now + expirySeconds(limits) * 1000
  const { contentType, maxBytes } = limits
  const fields = postPolicyFields({ bucket, key, contentType, maxBytes, expiresAt }, credentials, region, now)
  return { url: origin + pathname, method: 'POST', headers: {}, fields, expiresAt } satisfies SignedUpload
}

/** An address: exact key and type. */
const signPut = async (client: S3Client, bucket: string, key: string, limits: UploadLimits, now: number) => {
  const { contentType } = limits
  const expiresIn = expirySeconds(limits)
  const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: bucket, Key: key, ContentType: contentType }), {
    expiresIn,
    signingDate: new Date(now),
    signableHeaders: new Set(['content-type']),
  })
  const expiresAt = now + expiresIn * 1000
  return { url, method: 'PUT', headers: { 'content-type': contentType }, expiresAt } satisfies SignedUpload
}

const createDriver = (options: S3Options): ObjectDriver => {
  const { bucket: Bucket, listPageCount, upload } = options
  const client = clientOf(options)
  return {
    async put(Key, Body, ContentType, abortSignal) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }), { abortSignal })
    },
    async get(Key, abortSignal) {
      const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket, Key }), { abortSignal })
      // In Node the SDK's body is a stream of Node's; its type also covers browsers.
      return { stream: Body as unknown as Readable, bytes: ContentLength }
    },
    async head(Key, abortSignal) {
      const found = await client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal })
      const { ContentLength = 0, ContentType = '', LastModified } = found
      return { key: Key, bytes: ContentLength, contentType: ContentType, modifiedAt: LastModified?.getTime() ?? 0 }
    },
    async delete(Key, abortSignal) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal })
    },
    async list(Prefix, ContinuationToken, abortSignal) {
      const command = new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: listPageCount, ContinuationToken })
      const { Contents = [], IsTruncated, NextContinuationToken } = await client.send(command, { abortSignal })
      const entries = Contents.map(({ Key = '', Size = 0, LastModified }) => ({
        key: Key,
        bytes: Size,
        modifiedAt: LastModified?.getTime() ?? 0,
      }))
      return { entries, next: IsTruncated ? NextContinuationToken : undefined }
    },
    signUpload: (key, limits, now) => (upload === 'post' ? signPost : signPut)(client, Bucket, key, limits, now),
    translate: translateS3,
    close: () => client.destroy(),
  }
}

/**
 * Objects in a bucket of AWS S3 or of any server that speaks its protocol. Signed uploads are POST policies, which
 * bound type and size. The credentials need GetObject, PutObject, DeleteObject and ListBucket: without the last one S3
 * answers 403 for a missing object, which reads as refused credentials.
 */
export const createS3BlobStore = (options: S3Options): BlobStore =>
  createRemoteBlobStore(createDriver(options), options)
