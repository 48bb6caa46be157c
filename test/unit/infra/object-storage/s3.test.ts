import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { StorageDeniedError } from '../../../../infra/domain/errors.ts'
import { createS3BlobStore } from '../../../../infra/object-storage/s3.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { describeBlobStore } from '../../../contract/blob-store.ts'
import { openS3 } from '../../../contract/blob-store-openers.ts'
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

describe('the s3 driver', () => {
  const options = {
    bucket: BUCKET,
    forcePathStyle: true,
    upload: 'post',
    timeoutMs: 5_000,
    listPageCount: 3,
    clock: systemClock,
  } as const

  it('takes credentials from the environment when it is given none, and says denied when there are none', async () => {
    const { place, close } = await startPlace()
    onTestFinished(close)
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const [name, value] of Object.entries({
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
      AWS_CONFIG_FILE: '/nowhere',
    }))
      vi.stubEnv(name, value)
    const open = () => createS3BlobStore({ ...options, endpoint: place.endpoint, region: ACCOUNT.region })
    await expect(open().head('a')).rejects.toBeInstanceOf(StorageDeniedError)
    vi.stubEnv('AWS_ACCESS_KEY_ID', ACCOUNT.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', ACCOUNT.secretAccessKey)
    expect(await open().head('a')).toBeUndefined()
  })

  it('corrects its clock by the answer of a server that finds it wrong', async () => {
    const dates: string[] = []
    const HOUR_MS = 3_600_000
    const server = createServer((request, response) => {
      dates.push(String(request.headers['x-amz-date']))
      response.setHeader('date', new Date(Date.now() + HOUR_MS).toUTCString())
      if (dates.length > 1) return response.writeHead(200, { 'content-length': 2 }).end('ok')
      return response.writeHead(403).end('<Error><Code>RequestTimeTooSkewed</Code></Error>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const store = createS3BlobStore({ ...options, endpoint, credentials: ACCOUNT })
    expect(Buffer.from(await store.get('a')).toString()).toBe('ok')
    const [first = 0, second = 0] = dates.map((date) =>
      Date.parse(date.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:')),
    )
    expect(second - first).toBeGreaterThan(0.9 * HOUR_MS)
    await store.close()
  })
})
