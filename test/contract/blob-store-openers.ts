import { createMinioBlobStore } from '../../infra/object-storage/minio.ts'
import { createS3BlobStore } from '../../infra/object-storage/s3.ts'
import type { S3Credentials } from '../../infra/object-storage/s3-post-policy.ts'
import type { BlobStore } from '../../infra/ports/blob-store.ts'
import { systemClock } from '../../infra/runtime/clock.ts'
import type { BlobStoreChanges } from './blob-store-bench.ts'

/** A server that speaks S3, and how to reach one bucket of it. */
export interface S3Place {
  readonly endpoint: string
  readonly bucket: string
  readonly region?: string | undefined
  readonly credentials: S3Credentials
  /** absent: few, so that every listing of the suite has several */
  readonly listPageCount?: number
}

const common = ({ listPageCount = 3 }: S3Place, { timeoutMs = 10_000 }: BlobStoreChanges) => ({
  timeoutMs,
  listPageCount,
  clock: systemClock,
})

const wrong = ({ accessKeyId }: S3Credentials): S3Credentials => ({
  accessKeyId,
  secretAccessKey: 'not-the-secret-of-this-account',
})

/** The s3 adapter on a place, with a test's changes. */
export const openS3 = (place: S3Place, changes: BlobStoreChanges = {}, upload: 'post' | 'put' = 'post'): BlobStore =>
  createS3BlobStore({
    bucket: changes.missingBucket ? 'muster-no-such-bucket' : place.bucket,
    region: place.region,
    endpoint: changes.endpoint ?? place.endpoint,
    forcePathStyle: true,
    upload,
    credentials: changes.wrongCredentials ? wrong(place.credentials) : place.credentials,
    ...common(place, changes),
  })

/** The minio adapter on a place, with a test's changes. */
export const openMinio = (place: S3Place, changes: BlobStoreChanges = {}): BlobStore => {
  const { hostname, port, protocol } = new URL(changes.endpoint ?? place.endpoint)
  return createMinioBlobStore({
    host: hostname,
    port: Number(port),
    tls: protocol === 'https:',
    bucket: changes.missingBucket ? 'muster-no-such-bucket' : place.bucket,
    region: place.region,
    credentials: changes.wrongCredentials ? wrong(place.credentials) : place.credentials,
    ...common(place, changes),
  })
}
