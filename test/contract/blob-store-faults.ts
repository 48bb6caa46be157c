import { randomBytes } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import { BlobNotFoundError, UnavailableError } from '../../infra/domain/errors.ts'
import type { BlobStore } from '../../infra/ports/blob-store.ts'
import { type Fault, startBlobStoreProxy } from '../fakes/blob-store-proxy.ts'
import { aPrefix, type BlobStoreBench, collect } from './blob-store-bench.ts'

const BODY = randomBytes(300_000)
/** Short, so that waiting it out is quick; far longer than a loopback answer takes. */
const TIMEOUT_MS = 700

/** A store whose server is reached through a proxy that misbehaves from now on. */
const openThrough = async (bench: BlobStoreBench, fault: Fault, timeoutMs = TIMEOUT_MS) => {
  const proxy = await startBlobStoreProxy(bench.endpoint)
  const store = bench.open({ endpoint: proxy.endpoint, timeoutMs })
  onTestFinished(async () => {
    await store.close()
    await proxy.close()
  })
  const key = `${aPrefix()}/object`
  await bench.open().put(key, BODY, 'image/png')
  // Settles what a client asks once (regions, tokens), so that the fault meets the call itself.
  expect(await store.head(key)).toMatchObject({ bytes: BODY.length })
  proxy.misbehave(fault)
  return { store, key, proxy }
}

/** What every call answers, all made at once: the error of each. */
const errorsOf = (store: BlobStore, key: string): Promise<readonly unknown[]> =>
  Promise.all(
    [
      store.put(key, new Uint8Array([1]), 'image/png'),
      store.get(key),
      store.head(key),
      store.delete(key),
      collect(store.list(key)),
    ].map((call) =>
      call.then(
        () => 'no error',
        (error: unknown) => error,
      ),
    ),
  )

/** What a server in trouble does to its callers. */
export const describeFaults = (bench: () => BlobStoreBench): void => {
  it.each<[string, Fault]>([
    ['never answers', 'silent'],
    ['answers 503 for ever', 'busy'],
    ['closes every connection', 'hang-up'],
  ])('says unavailable for a server that %s', async (_, fault) => {
    const { store, key } = await openThrough(bench(), fault)
    for (const error of await errorsOf(store, key)) {
      expect(error).toBeInstanceOf(UnavailableError)
      expect(error).toMatchObject({ retryable: true, cause: expect.anything() })
    }
  })

  it.each<[string, Fault]>([
    ['breaks off in the middle', 'cut'],
    ['breaks off in the middle of a chunked answer', 'cut-chunked'],
    ['stops in the middle', 'stall'],
  ])('never gives short data when the server %s', async (_, fault) => {
    const { store, key } = await openThrough(bench(), fault)
    await expect(store.get(key)).rejects.toBeInstanceOf(UnavailableError)
  })

  it('says unavailable when nothing listens', async () => {
    const proxy = await startBlobStoreProxy(bench().endpoint)
    await proxy.close()
    const store = bench().open({ endpoint: proxy.endpoint, timeoutMs: TIMEOUT_MS })
    for (const error of await errorsOf(store, `${aPrefix()}/object`)) expect(error).toBeInstanceOf(UnavailableError)
    await store.close()
  })

  it.each<[string, Fault]>([
    ['answered 503 once', 'busy-once'],
    ['hung up once', 'hang-up-once'],
    ['broke off once', 'cut-once'],
  ])('gets the object from a server that %s', async (_, fault) => {
    const { store, key } = await openThrough(bench(), fault, 5_000)
    expect(Buffer.compare(await store.get(key), BODY)).toBe(0)
  })

  it('puts the object on a server that hung up once', async () => {
    const { store, key } = await openThrough(bench(), 'hang-up-once', 5_000)
    await store.put(key, new Uint8Array([9]), 'image/png')
    expect([...(await bench().open().get(key))]).toEqual([9])
  })

  it('works again once the server does', async () => {
    const { store, key, proxy } = await openThrough(bench(), 'silent')
    await expect(store.get(key)).rejects.toBeInstanceOf(UnavailableError)
    proxy.misbehave('none')
    expect(Buffer.compare(await store.get(key), BODY)).toBe(0)
  })

  it('does not take a missing bucket for a missing object', async () => {
    const store = bench().open({ missingBucket: true })
    const key = `${aPrefix()}/object`
    const error = await store.get(key).catch((reason: unknown) => reason)
    expect(error).not.toBeInstanceOf(BlobNotFoundError)
    expect(error).toBeInstanceOf(UnavailableError)
    await expect(store.put(key, BODY, 'image/png')).rejects.toBeInstanceOf(UnavailableError)
    await expect(collect(store.list(key))).rejects.toBeInstanceOf(UnavailableError)
  })
}
