import { describe, expect, it } from 'vitest'
import { describeBlobStore } from '../../../contract/blob-store.ts'
import { openMinio, openS3 } from '../../../contract/blob-store-openers.ts'
import { performUpload } from '../../../contract/blob-store-uploads.ts'
import { startS3Server } from '../../../fakes/s3-server.ts'

const ACCOUNT = { accessKeyId: 'MUSTERTEST', secretAccessKey: 'a-secret-that-opens-nothing', region: 'eu-central-1' }
const BUCKET = 'pictures'
const STRICT = { remote: true, verifiesKeys: true, verifiesUploads: true }

const startPlace = async () => {
  const { endpoint, close } = await startS3Server(ACCOUNT, BUCKET)
  return { place: { endpoint, bucket: BUCKET, region: ACCOUNT.region, credentials: ACCOUNT }, close }
}

describeBlobStore(
  's3, a strict server',
  async () => {
    const { place, close } = await startPlace()
    return { open: (changes) => openS3(place, changes), endpoint: place.endpoint, close }
  },
  STRICT,
)

describeBlobStore(
  'minio, a strict server',
  async () => {
    const { place, close } = await startPlace()
    return { open: (changes) => openMinio(place, changes), endpoint: place.endpoint, close }
  },
  STRICT,
)

describe('the s3 driver with upload=put', () => {
  it('signs the key and the type into an address', async () => {
    const { place, close } = await startPlace()
    const store = openS3(place, {}, 'put')
    const signed = await store.signUpload('a/b', { contentType: 'image/jpeg', maxBytes: 10, ttlMs: 60_000 })
    expect(signed).toMatchObject({ method: 'PUT', headers: { 'content-type': 'image/jpeg' } })
    expect(
      (await performUpload({ ...signed, headers: { 'content-type': 'text/html' } }, Buffer.from('x'))).status,
    ).toBe(403)
    expect((await performUpload({ ...signed, url: signed.url.replace('/a/b', '/a/c') }, Buffer.from('x'))).status).toBe(
      403,
    )
    expect((await performUpload(signed, Buffer.from('x'))).status).toBe(200)
    expect(await store.head('a/b')).toMatchObject({ bytes: 1, contentType: 'image/jpeg' })
    expect(await store.head('a/c')).toBeUndefined()
    await close()
  })
})
