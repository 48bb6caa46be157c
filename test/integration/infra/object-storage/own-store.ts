import { createGcsBlobStore } from '../../../../infra/object-storage/gcs.ts'
import { parseStorageUrl, type StorageLocation } from '../../../../infra/object-storage/storage-url.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { describeBlobStore } from '../../../contract/blob-store.ts'
import type { BlobStoreBench, BlobStoreChanges } from '../../../contract/blob-store-bench.ts'
import { openMinio, openS3, type S3Place } from '../../../contract/blob-store-openers.ts'

/**
 * The contract suite against a server of your own: TEST_STORAGE_URL (as STORAGE_URL), TEST_STORAGE_ACCESS_KEY and
 * TEST_STORAGE_SECRET_KEY. It writes below `test/` in that bucket and does not clean up. TEST_STORAGE_TRUSTS names what
 * the server is known not to check: `keys`, `uploads`, or both with a comma.
 */
const {
  TEST_STORAGE_URL = '',
  TEST_STORAGE_ACCESS_KEY = '',
  TEST_STORAGE_SECRET_KEY = '',
  TEST_STORAGE_TRUSTS = '',
} = process.env

const credentials = { accessKeyId: TEST_STORAGE_ACCESS_KEY, secretAccessKey: TEST_STORAGE_SECRET_KEY }
/** Longer than on loopback: a server of your own may be far away. */
const TIMEOUT_MS = 20_000

const benchOf = (location: StorageLocation): Omit<BlobStoreBench, 'close'> => {
  if (location.kind === 's3') {
    const place: S3Place = { ...location, endpoint: location.endpoint ?? '', credentials }
    return { endpoint: place.endpoint, open: (changes) => openS3(place, changes, location.upload) }
  }
  if (location.kind === 'minio') {
    const endpoint = `http${location.tls ? 's' : ''}://${location.host}:${location.port}`
    return { endpoint, open: (changes) => openMinio({ ...location, endpoint, credentials }, changes) }
  }
  if (location.kind !== 'gcs') throw new Error('TEST_STORAGE_URL must name a server')
  const open = ({ endpoint = location.endpoint, timeoutMs = TIMEOUT_MS, missingBucket }: BlobStoreChanges = {}) => {
    const bucket = missingBucket ? 'muster-no-such-bucket' : location.bucket
    return createGcsBlobStore({ bucket, endpoint, timeoutMs, listPageCount: 3, clock: systemClock })
  }
  return { endpoint: location.endpoint ?? '', open }
}

const trusts = TEST_STORAGE_TRUSTS.split(',')

/** Describe the suite on the server that the environment names; nothing without one. */
export const describeOwnStore = (): void => {
  if (TEST_STORAGE_URL === '') return
  const location = parseStorageUrl(TEST_STORAGE_URL)
  const bench = benchOf(location)
  describeBlobStore(`${location.kind}, your own server`, async () => ({ ...bench, close: async () => {} }), {
    // Faults are put into plain HTTP; nobody can stand in the middle of TLS.
    remote: bench.endpoint.startsWith('http:'),
    verifiesKeys: !trusts.includes('keys'),
    verifiesUploads: !trusts.includes('uploads'),
  })
}
