import { expect, it } from 'vitest'
import { InvalidKeyError } from '../../infra/domain/errors.ts'
import { aPrefix, type BlobStoreBench, collect } from './blob-store-bench.ts'

const INVALID_KEYS = [
  '',
  '/',
  'a/',
  '/a',
  'a//b',
  '.',
  '..',
  '../a',
  'a/../b',
  'a/./b',
  'a b',
  'a\\b',
  'ä',
  'a\0b',
  'a%2fb',
  'a?b',
  'a#b',
  'a+b',
  'a\nb',
  'x'.repeat(201),
  `${'x/'.repeat(460)}x`,
]

/** Which keys pass, and that no other one reaches a server. */
export const describeKeys = (bench: () => BlobStoreBench): void => {
  it.each(INVALID_KEYS.map((key) => [key]))('refuses the key %j in every call', async (key) => {
    const store = bench().open()
    const limits = { contentType: 'image/png', maxBytes: 10, ttlMs: 60_000 }
    for (const call of [
      () => store.put(key, new Uint8Array(1), 'image/png'),
      () => store.get(key),
      () => store.head(key),
      () => store.delete(key),
      () => store.signUpload(key, limits),
    ])
      await expect(call()).rejects.toBeInstanceOf(InvalidKeyError)
  })

  it.each(['..x/../', 'a//', '/', 'a b', '../'])('refuses the prefix %j', async (prefix) => {
    await expect(collect(bench().open().list(prefix))).rejects.toBeInstanceOf(InvalidKeyError)
  })

  it('accepts every allowed character, names of dots among them', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/...x/..y/.z/${'a'.repeat(200)}/AZaz09._-`
    await store.put(key, new Uint8Array([1]), 'image/png')
    expect((await collect(store.list(key.slice(0, -3)))).map((entry) => entry.key)).toEqual([key])
    expect([...(await store.get(key))]).toEqual([1])
  })
}
