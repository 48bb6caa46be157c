import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BlobNotFoundError, BlobTooLargeError, StorageDeniedError } from '../../infra/domain/errors.ts'
import type { BlobStore } from '../../infra/ports/blob-store.ts'
import { aPrefix, type BlobStoreBench, type BlobStoreTraits, collect } from './blob-store-bench.ts'
import { describeFaults } from './blob-store-faults.ts'
import { describeKeys } from './blob-store-keys.ts'
import { describeSignedUploads } from './blob-store-uploads.ts'

const keysOf = async (store: BlobStore, prefix: string) => (await collect(store.list(prefix))).map(({ key }) => key)

/** The port's contract: every adapter and the fake pass it. */
export const describeBlobStore = (
  name: string,
  start: () => Promise<BlobStoreBench>,
  traits: BlobStoreTraits,
): void => {
  describe(`BlobStore on ${name}`, () => {
    let bench: BlobStoreBench
    beforeAll(async () => {
      bench = await start()
    })
    afterAll(() => bench?.close())
    const get = () => bench

    describeObjects(get)
    describeKeys(get)
    if (!traits.standIn) describeListing(get)
    if (!traits.standIn) describeConcurrency(get)
    describeSignedUploads(get, traits)
    if (traits.verifiesKeys) describeWrongKeys(get)
    if (traits.remote) describeFaults(get)
  })
}

const describeObjects = (bench: () => BlobStoreBench): void => {
  it.each<[string, Uint8Array]>([
    ['every byte value', Uint8Array.from({ length: 256 }, (_, index) => index)],
    ['nothing', new Uint8Array(0)],
    ['line ends and zeros', Buffer.from('\r\n\0\n\r\r\n--boundary--\r\n\xff\xfe', 'latin1')],
    ['five megabytes', randomBytes(5_000_000)],
  ])('gives back %s as it was put', async (_, body) => {
    const store = bench().open()
    const key = `${aPrefix()}/picture`
    await store.put(key, body, 'image/jpeg')
    const found = await store.get(key)
    expect(found.length).toBe(body.length)
    expect(Buffer.compare(found, body)).toBe(0)
    expect(await store.head(key)).toMatchObject({ key, bytes: body.length, contentType: 'image/jpeg' })
  })

  it('puts a view into a larger buffer, and only that', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/view`
    await store.put(key, new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4), 'image/png')
    expect([...(await store.get(key))]).toEqual([2, 3, 4])
  })

  it('answers a buffer of its own, which another thread may take', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/own`
    await store.put(key, new Uint8Array([1, 2, 3]), 'image/png')
    const body = await store.get(key)
    expect([body.byteOffset, body.buffer.byteLength]).toEqual([0, 3])
    structuredClone(body, { transfer: [body.buffer as ArrayBuffer] })
    expect(body.length).toBe(0)
  })

  it('overwrites bytes and type together', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/again`
    await store.put(key, randomBytes(1000), 'image/png')
    await store.put(key, new Uint8Array([7]), 'image/webp')
    expect([...(await store.get(key))]).toEqual([7])
    expect(await store.head(key)).toMatchObject({ bytes: 1, contentType: 'image/webp' })
  })

  it('knows when an object was put', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/when`
    await store.put(key, new Uint8Array([1]), 'image/png')
    const { modifiedAt = 0 } = (await store.head(key)) ?? {}
    expect(Math.abs(modifiedAt - Date.now())).toBeLessThan(60_000)
    expect(Number.isInteger(modifiedAt)).toBe(true)
    const [entry] = await collect(store.list(key))
    expect(Math.abs((entry?.modifiedAt ?? 0) - modifiedAt)).toBeLessThan(1_000)
  })

  it('says that nothing is there: head undefined, get an error that names the key', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/nothing`
    expect(await store.head(key)).toBeUndefined()
    const error = await store.get(key).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(BlobNotFoundError)
    expect(error).toMatchObject({ key, retryable: false })
  })

  it('deletes, and deletes nothing without complaint', async () => {
    const store = bench().open()
    const prefix = aPrefix()
    await store.put(`${prefix}/a`, new Uint8Array([1]), 'image/png')
    await store.put(`${prefix}/b`, new Uint8Array([2]), 'image/png')
    await store.delete(`${prefix}/a`)
    await store.delete(`${prefix}/a`)
    await store.delete(`${aPrefix()}/never`)
    await expect(store.get(`${prefix}/a`)).rejects.toBeInstanceOf(BlobNotFoundError)
    expect(await keysOf(store, prefix)).toEqual([`${prefix}/b`])
  })

  it('refuses to read more than the caller allows', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/large`
    await store.put(key, randomBytes(200_000), 'image/png')
    const error = await store.get(key, 199_999).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(BlobTooLargeError)
    expect(error).toMatchObject({ key })
    expect((await store.get(key, 200_000)).length).toBe(200_000)
  })
}

const describeListing = (bench: () => BlobStoreBench): void => {
  it('lists over several pages in key order, wherever the slashes fall', async () => {
    const store = bench().open()
    const prefix = aPrefix()
    const names = ['a-b', 'a.b', 'a/a', 'a/b/c', 'a0', 'A', 'Z/z', 'aa/b', 'b']
    for (const name of names) await store.put(`${prefix}/${name}`, new Uint8Array(name.length), 'image/png')
    const entries = await collect(store.list(`${prefix}/`))
    expect(entries.map(({ key }) => key.slice(prefix.length + 1))).toEqual(names.toSorted())
    expect(entries.map(({ bytes }) => bytes)).toEqual(names.toSorted().map(({ length }) => length))
  })

  it('takes a prefix literally, within a name too', async () => {
    const store = bench().open()
    const prefix = aPrefix()
    for (const name of ['face-1', 'face-2', 'face/1', 'fact'])
      await store.put(`${prefix}/${name}`, new Uint8Array(1), 'image/png')
    expect(await keysOf(store, `${prefix}/face-`)).toEqual([`${prefix}/face-1`, `${prefix}/face-2`])
    expect(await keysOf(store, `${prefix}/face/`)).toEqual([`${prefix}/face/1`])
    expect(await keysOf(store, `${prefix}/fac`)).toHaveLength(4)
    expect(await keysOf(store, `${prefix}/nothing`)).toEqual([])
    expect(await keysOf(store, '')).toContain(`${prefix}/fact`)
  })

  it('may be left early', async () => {
    const store = bench().open()
    const prefix = aPrefix()
    for (const name of ['1', '2', '3', '4', '5']) await store.put(`${prefix}/${name}`, new Uint8Array(1), 'image/png')
    for await (const { key } of store.list(prefix)) {
      expect(key).toBe(`${prefix}/1`)
      break
    }
    expect(await keysOf(store, prefix)).toHaveLength(5)
  })

  it('lists on while listed objects are deleted', async () => {
    const store = bench().open()
    const prefix = aPrefix()
    const names = ['1/a', '2/a', '3/a', '4/a', '5/a', '6/a', '7/a']
    for (const name of names) await store.put(`${prefix}/${name}`, new Uint8Array(1), 'image/png')
    const seen: string[] = []
    for await (const { key } of store.list(prefix)) {
      seen.push(key)
      await store.delete(key)
    }
    expect(seen).toEqual(names.map((name) => `${prefix}/${name}`))
    expect(await keysOf(store, prefix)).toEqual([])
  })
}

const describeConcurrency = (bench: () => BlobStoreBench): void => {
  it('loses no object to deletes beside it', async () => {
    const store = bench().open()
    const prefix = aPrefix()
    const turn = async (name: string) => {
      for (let round = 0; round < 8; round += 1) {
        await store.put(`${prefix}/x/${name}`, new Uint8Array([round]), 'image/png')
        expect([...(await store.get(`${prefix}/x/${name}`))]).toEqual([round])
        await store.delete(`${prefix}/x/${name}`)
      }
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(turn))
    expect(await keysOf(store, prefix)).toEqual([])
  })

  it('never shows half an object while it is overwritten', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/contended`
    const versions = [new Uint8Array(300_000).fill(1), new Uint8Array(500_000).fill(2)]
    await store.put(key, versions[0] as Uint8Array, 'image/png')
    const write = async (version: number) => {
      for (let round = 0; round < 5; round += 1) await store.put(key, versions[version] as Uint8Array, 'image/png')
    }
    const read = async () => {
      for (let round = 0; round < 10; round += 1) {
        const body = await store.get(key)
        const version = versions[(body[0] ?? 0) - 1]
        expect(version && Buffer.compare(body, version)).toBe(0)
      }
    }
    await Promise.all([write(0), write(1), read(), read()])
  })
}

const describeWrongKeys = (bench: () => BlobStoreBench): void => {
  it('says that the credentials were refused', async () => {
    const key = `${aPrefix()}/denied`
    await bench()
      .open()
      .put(key, new Uint8Array([1]), 'image/png')
    const store = bench().open({ wrongCredentials: true })
    for (const call of [
      () => store.put(key, new Uint8Array([2]), 'image/png'),
      () => store.get(key),
      () => store.head(key),
      () => store.delete(key),
      () => collect(store.list(key)),
    ])
      await expect(call()).rejects.toBeInstanceOf(StorageDeniedError)
    expect([...(await bench().open().get(key))]).toEqual([1])
  })
}
