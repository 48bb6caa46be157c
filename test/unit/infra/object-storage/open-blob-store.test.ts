import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { openBlobStore } from '../../../../infra/object-storage/open-blob-store.ts'
import { StorageUrlError } from '../../../../infra/object-storage/storage-url-error.ts'
import { startS3Server } from '../../../fakes/s3-server.ts'

const ACCOUNT = { accessKeyId: 'MUSTERTEST', secretAccessKey: 'a-secret-that-opens-nothing', region: 'us-east-1' }
const LIMITS = { contentType: 'image/png', maxBytes: 10, ttlMs: 60_000 }

const startServer = async () => {
  const server = await startS3Server(ACCOUNT, 'pictures')
  onTestFinished(server.close)
  return new URL(server.endpoint)
}

it('opens a folder, with a gate when uploads can be signed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-open-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const url = pathToFileURL(join(folder, 'two words')).href
  const uploads = { secret: 'x'.repeat(32), publicUrl: 'https://checks.example.com/base/' }
  const { store, gate } = openBlobStore(url, { uploads })
  await store.put('a/b', new Uint8Array([1]), 'image/png')
  expect([...(await store.get('a/b'))]).toEqual([1])
  const signed = await store.signUpload('a/c', LIMITS)
  expect(signed.url).toMatch(/^https:\/\/checks\.example\.com\/base\/v1\/uploads\/content\?/)
  const query = Object.fromEntries(new URL(signed.url).searchParams)
  expect(gate?.open(query, Date.now())).toEqual({ key: 'a/c', contentType: 'image/png', maxBytes: 10 })
  expect(gate?.open(query, signed.expiresAt)).toBeUndefined()
  expect(openBlobStore(url).gate).toBeUndefined()
})

it('opens a bucket of an S3 server', async () => {
  const { origin } = await startServer()
  const { store, gate } = openBlobStore(`s3://pictures?endpoint=${origin}`, { credentials: ACCOUNT })
  await store.put('a/b', new Uint8Array([1]), 'image/png')
  expect([...(await store.get('a/b'))]).toEqual([1])
  expect(gate).toBeUndefined()
  await store.close()
})

it('opens a bucket of a MinIO server, and asks it for its region', async () => {
  const { host } = await startServer()
  const { store } = openBlobStore(`minio://${host}/pictures?tls=false`, { credentials: ACCOUNT })
  await store.put('a/b', new Uint8Array([1]), 'image/png')
  expect([...(await store.get('a/b'))]).toEqual([1])
  await store.close()
})

it('says what is missing', () => {
  expect(() => openBlobStore('minio://store.internal/pictures')).toThrow(/an access key and a secret key/)
  const short = { secret: 'short', publicUrl: 'checks.example.com' }
  const error = (() => {
    try {
      return openBlobStore('file:///srv/blobs', { uploads: short })
    } catch (reason) {
      return reason
    }
  })()
  expect(error).toBeInstanceOf(StorageUrlError)
  expect((error as StorageUrlError).problems).toHaveLength(2)
})
