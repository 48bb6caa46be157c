import { expect, it, onTestFinished } from 'vitest'
import { BlobNotFoundError, StorageDeniedError, UnavailableError } from '../../../../infra/domain/errors.ts'
import { openBlobStore } from '../../../../infra/object-storage/open-blob-store.ts'
import type { BlobEntry } from '../../../../infra/ports/blob-store.ts'
import { performUpload } from '../../../contract/blob-store-uploads.ts'
import { startS3Server } from '../../../fakes/s3-server.ts'

const BODY = new Uint8Array([1, 2, 3])
const LIMITS = { contentType: 'image/png', maxBytes: 10, ttlMs: 60_000 }
const OLD = { accessKeyId: 'OLD', secretAccessKey: 'the-secret-of-before' }
const NEW = { accessKeyId: 'NEW', secretAccessKey: 'the-secret-of-now' }

const keysOf = async (entries: AsyncIterable<BlobEntry>): Promise<readonly string[]> => {
  const keys: string[] = []
  for await (const { key } of entries) keys.push(key)
  return keys
}

/** A server whose account changes on demand, and a store whose credentials do. */
const start = async (driver: 's3' | 'minio' = 's3') => {
  const account = { ...OLD, region: 'us-east-1' }
  const { endpoint, close } = await startS3Server(account, 'pictures')
  onTestFinished(close)
  const url =
    driver === 's3' ? `s3://pictures?endpoint=${endpoint}` : `minio://${new URL(endpoint).host}/pictures?tls=false`
  let credentials = OLD
  let refusals = 0
  const onRefused = () => {
    refusals += 1
  }
  const { store } = openBlobStore(url, { credentials: () => credentials, onRefused })
  onTestFinished(() => store.close())
  await store.put('a/1', BODY, 'image/png')
  return {
    store,
    serverTakes: (next: typeof OLD) => void Object.assign(account, next),
    weHave: (next: typeof OLD) => {
      credentials = next
    },
    refusals: () => refusals,
  }
}

it.each(['s3', 'minio'] as const)('%s: works with new credentials from the next call on', async (driver) => {
  const { store, serverTakes, weHave, refusals } = await start(driver)
  weHave(NEW)
  serverTakes(NEW)
  await store.put('a/2', BODY, 'image/png')
  expect([...(await store.get('a/1'))]).toEqual([...BODY])
  expect(await keysOf(store.list('a/'))).toEqual(['a/1', 'a/2'])
  expect(refusals()).toBe(0)
})

it.each(['s3', 'minio'] as const)(
  '%s: fails no call while the two files change one after the other',
  async (driver) => {
    const { store, serverTakes, weHave, refusals } = await start(driver)
    weHave({ ...OLD, accessKeyId: NEW.accessKeyId })
    await Promise.all([store.put('a/2', BODY, 'image/png'), store.get('a/1'), store.head('a/1')])
    expect(refusals()).toBe(1)
    weHave(NEW)
    await store.put('a/3', BODY, 'image/png')
    serverTakes(NEW)
    await Promise.all([store.put('a/4', BODY, 'image/png'), store.get('a/1'), store.delete('a/2')])
    expect(await store.head('a/4')).toMatchObject({ bytes: BODY.length })
  },
)

it('goes on with the credentials of before when the server refuses the new ones, and says so once', async () => {
  const { store, weHave, refusals } = await start()
  weHave(NEW)
  for (const key of ['a/2', 'a/3']) await store.put(key, BODY, 'image/png')
  expect(await keysOf(store.list(''))).toEqual(['a/1', 'a/2', 'a/3'])
  expect(refusals()).toBe(1)
  weHave(OLD)
  await store.delete('a/1')
  expect(refusals()).toBe(1)
})

it('signs uploads with credentials that the server takes', async () => {
  const { store, serverTakes, weHave } = await start()
  const uploaded = async (key: string) => (await performUpload(await store.signUpload(key, LIMITS), BODY)).status
  weHave(NEW)
  expect(await uploaded('a/2')).toBeLessThan(300)
  serverTakes(NEW)
  expect(await uploaded('a/3')).toBeLessThan(300)
  expect(await uploaded('a/4')).toBeLessThan(300)
})

it('tells when neither pair is good', async () => {
  const { store, serverTakes, weHave } = await start()
  weHave(NEW)
  serverTakes({ accessKeyId: 'OTHER', secretAccessKey: 'of somebody else' })
  await expect(store.put('a/2', BODY, 'image/png')).rejects.toThrow(StorageDeniedError)
})

it('takes an object that is not there for what it is, and a server that is away too', async () => {
  const { store, serverTakes, weHave, refusals } = await start()
  weHave(NEW)
  serverTakes(NEW)
  await expect(store.get('a/none')).rejects.toThrow(BlobNotFoundError)
  expect(await store.head('a/none')).toBeUndefined()
  expect(refusals()).toBe(0)
  const away = openBlobStore('s3://pictures?endpoint=http://127.0.0.1:1', { credentials: () => OLD, timeoutMs: 300 })
  await expect(away.store.get('a/1')).rejects.toThrow(UnavailableError)
  await away.store.close()
})
