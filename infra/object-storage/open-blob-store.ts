import type { BlobStore } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { UploadGate } from '../ports/upload-gate.ts'
import { systemClock } from '../runtime/clock.ts'
import { createFsBlobStore } from './fs.ts'
import { createGcsBlobStore } from './gcs.ts'
import { createMinioBlobStore } from './minio.ts'
import { createRotatingBlobStore } from './rotating.ts'
import { createS3BlobStore } from './s3.ts'
import type { S3Credentials } from './s3-post-policy.ts'
import { parseStorageUrl } from './storage-url.ts'
import { StorageUrlError } from './storage-url-error.ts'
import type { UploadSigning } from './upload-signer.ts'

/** What a storage url does not say. */
export interface BlobStoreOptions {
  /** most time one call may take, its retries included */
  readonly timeoutMs?: number | undefined
  /** of S3 (absent: the SDK's default chain) and MinIO (required) */
  readonly credentials?: S3Credentials | (() => S3Credentials) | undefined
  /** path of a service account's key for GCS; absent: application default credentials */
  readonly gcsKeyFile?: string | undefined
  /** what that file holds now; undefined while it could not be used: then the library looks at the file itself */
  readonly gcsKey?: (() => object | undefined) | undefined
  /** changed credentials are refused by the server, and those before them go on */
  readonly onRefused?: (() => void) | undefined
  /** what the fs driver signs uploads with; needed by the api only */
  readonly uploads?: UploadSigning | undefined
  readonly clock?: Clock | undefined
}

/** A store, and the gate for uploads it signed itself; the other drivers' uploads never pass through the api. */
export interface OpenedBlobStore {
  readonly store: BlobStore
  readonly gate: UploadGate | undefined
}

/** A picture of 10 MB over a slow link takes a second; a caller waits ten in all. */
const DEFAULT_TIMEOUT_MS = 5_000
/** The most any of the servers gives. */
const LIST_PAGE_COUNT = 1_000

/** A store for credentials that change, and for those that do not. */
const following = <C>(
  credentials: C | (() => C),
  open: (credentials: C) => BlobStore,
  onRefused: () => void = () => {},
): BlobStore =>
  typeof credentials === 'function'
    ? createRotatingBlobStore({ credentials: credentials as () => C, open, onRefused })
    : open(credentials)

/**
 * Open the object storage that a url names. Nothing is sent before the first call.
 * @param storageUrl `file:///folder`, `s3://bucket?region=&endpoint=&forcePathStyle=&upload=`,
 *   `minio://host:port/bucket?tls=&region=` or `gs://bucket?endpoint=`; docs/storage.md has the whole grammar
 * @throws StorageUrlError with everything that is wrong
 */
export const openBlobStore = (storageUrl: string, options: BlobStoreOptions = {}): OpenedBlobStore => {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, credentials, gcsKeyFile, uploads, clock = systemClock, onRefused } = options
  const location = parseStorageUrl(storageUrl)
  const common = { timeoutMs, clock, listPageCount: LIST_PAGE_COUNT }
  switch (location.kind) {
    case 'fs':
      return createFsBlobStore({ ...location, timeoutMs, clock, uploads })
    case 's3':
      return {
        store: following(
          credentials,
          (now) => createS3BlobStore({ ...location, ...common, credentials: now }),
          onRefused,
        ),
        gate: undefined,
      }
    case 'minio':
      if (!credentials) throw new StorageUrlError(['minio needs an access key and a secret key'])
      return {
        store: following(
          credentials,
          (now) => createMinioBlobStore({ ...location, ...common, credentials: now }),
          onRefused,
        ),
        gate: undefined,
      }
    case 'gcs':
      return {
        store: following(
          options.gcsKey,
          (key) => createGcsBlobStore({ ...location, ...common, keyFile: gcsKeyFile, key }),
          onRefused,
        ),
        gate: undefined,
      }
  }
}
