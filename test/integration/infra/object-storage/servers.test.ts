import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
// @ts-expect-error s3rver has no types
import S3rver from 's3rver'
import { describeBlobStore } from '../../../contract/blob-store.ts'
import type { BlobStoreChanges } from '../../../contract/blob-store-bench.ts'
import { openMinio, openS3, type S3Place } from '../../../contract/blob-store-openers.ts'
import { describeOwnStore } from './own-store.ts'

const BUCKET = 'pictures'
/** The one account it knows. */
const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }
/** It checks that the account exists, but neither V4 signatures nor the conditions of upload forms, nor does it list in order. */
const TRUSTING = { remote: true, verifiesKeys: false, verifiesUploads: false, standIn: true }

interface RunningS3rver {
  run(): Promise<AddressInfo>
  close(): Promise<void>
}

const startWith = async (open: (place: S3Place, changes?: BlobStoreChanges) => ReturnType<typeof openS3>) => {
  const directory = await mkdtemp(join(tmpdir(), 'muster-s3rver-'))
  const server: RunningS3rver = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: BUCKET }],
  })
  const { port } = await server.run()
  const endpoint = `http://127.0.0.1:${port}`
  // One page for all: its page tokens need a cipher that OpenSSL 3 no longer has.
  const place = { endpoint, bucket: BUCKET, region: 'us-east-1', credentials: CREDENTIALS, listPageCount: 1_000 }
  return {
    endpoint,
    open: (changes?: BlobStoreChanges) => open(place, changes),
    close: async () => {
      await server.close()
      await rm(directory, { recursive: true })
    },
  }
}

describeBlobStore('s3, s3rver', () => startWith(openS3), TRUSTING)
describeBlobStore('minio, s3rver', () => startWith(openMinio), TRUSTING)
describeOwnStore()
