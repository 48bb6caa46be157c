import { randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import {
  ModelDamagedError,
  ModelExistsError,
  ModelInvalidError,
  ModelUntrustedError,
} from '../../../../infra/domain/model-errors.ts'
import { PIECE_BYTES } from '../../../../infra/model-store/documents.ts'
import { layout } from '../../../../infra/model-store/layout.ts'
import { createModelPublisher } from '../../../../infra/model-store/publisher.ts'
import { digestOfBytes } from '../../../../infra/model-store/signatures.ts'
import { trustedOf } from '../../../../infra/model-store/signing-keys.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { aSigningKey, type BlobModelSite, createModelSite } from '../../../fixtures/model-site.ts'

const ONE = { name: 'net', version: '1.0.0', text: 'first' }
const TWO = { name: 'net', version: '1.0.1', text: 'second' }

let site: BlobModelSite
beforeEach(async () => {
  site = await createModelSite(createMemoryBlobStore())
})
afterEach(() => site.close())

const piecesRead = (): readonly number[] =>
  [...site.reads].filter(([key]) => key.startsWith(layout.pieces)).map(([, count]) => count)

describe('what is published', () => {
  it('stays as it is: the same bytes again do nothing, other bytes are refused', async () => {
    await site.publish(ONE)
    const before = await site.blobs.get(layout.manifest('net', '1.0.0'))
    await site.publish(ONE)
    await expect(site.publish({ ...ONE, text: 'other' })).rejects.toThrow(ModelExistsError)
    expect(await site.blobs.get(layout.manifest('net', '1.0.0'))).toEqual(before)
    const store = site.open()
    expect(await readFile(join(await store.obtain('net', '1.0.0'), 'net-1.0.0.onnx'), 'utf8')).toBe('first')
    await store.close()
  })

  it('shares bytes between versions', async () => {
    await site.publish(ONE)
    await site.publish({ ...TWO, text: 'first' })
    const store = site.open()
    const folders = [await store.obtain('net', '1.0.0'), await store.obtain('net', '1.0.1')]
    await store.close()
    expect(piecesRead()).toEqual([1])
    const [a, b] = await Promise.all([
      stat(join(folders[0] ?? '', 'net-1.0.0.onnx')),
      stat(join(folders[1] ?? '', 'net-1.0.1.onnx')),
    ])
    expect(a.ino).toBe(b.ino)
  })

  it('is mended by publishing it again', async () => {
    await site.publish(ONE)
    await site.damage(ONE)
    const store = site.open()
    await expect(store.obtain('net', '1.0.0')).rejects.toThrow(ModelDamagedError)
    await site.publish(ONE)
    expect(await readFile(join(await store.obtain('net', '1.0.0'), 'net-1.0.0.onnx'), 'utf8')).toBe('first')
    await store.close()
  })

  it('is trusted by an old key and a new one while keys change', async () => {
    const next = aSigningKey()
    await site.publish(ONE)
    await site.publishBytes(ONE, Buffer.from('first'), next)
    for (const key of [site.key, next]) {
      const store = site.openWith({ trusted: [trustedOf(key)], cacheDir: join(site.cacheDir, key.id) })
      expect((await store.manifest('net', '1.0.0')).signedBy).toEqual([key.id])
      await store.close()
    }
  })

  it('is cut into pieces when it is large, and put together again', async () => {
    const bytes = randomBytes(PIECE_BYTES + 5)
    await site.publishBytes(ONE, bytes)
    const store = site.open()
    const { manifest } = await store.manifest('net', '1.0.0')
    expect(manifest.files[0]?.pieces.map((piece) => piece.bytes)).toEqual([PIECE_BYTES, 5])
    const folder = await store.obtain('net', '1.0.0')
    expect(digestOfBytes(await readFile(join(folder, 'net-1.0.0.onnx')))).toBe(digestOfBytes(bytes))
    await store.close()
  })

  it('may be empty', async () => {
    await site.publishBytes(ONE, Buffer.alloc(0))
    const store = site.open()
    expect((await readFile(join(await store.obtain('net', '1.0.0'), 'net-1.0.0.onnx'))).length).toBe(0)
    await store.close()
  })
})

describe('what is not trusted', () => {
  it('is a good signature over another version', async () => {
    await site.publish(ONE)
    await site.publish(TWO)
    await site.blobs.put(
      layout.manifest('net', '1.0.1'),
      await site.blobs.get(layout.manifest('net', '1.0.0')),
      'application/json',
    )
    const store = site.open()
    await expect(store.manifest('net', '1.0.1')).rejects.toThrow(/in its place lies net@1\.0\.0/)
    await store.close()
  })

  it('is a version whose manifest is not the one that the set names', async () => {
    await site.publish(ONE)
    await site.publishSet([ONE])
    await site.blobs.delete(layout.manifest('net', '1.0.0'))
    await site.publish({ ...ONE, text: 'exchanged by one who has the key' })
    const store = site.openWith({ cacheDir: join(site.cacheDir, 'fresh') })
    await expect(store.obtainSet()).rejects.toThrow(ModelUntrustedError)
    await store.close()
  })

  it('is an old set under a new number', async () => {
    await site.publish(ONE)
    await site.publishSet([ONE])
    for await (const { key } of site.blobs.list(layout.sets))
      await site.blobs.put(key.replace('0000000001', '0000000009'), await site.blobs.get(key), 'application/json')
    const store = site.open()
    await expect(store.currentSet()).rejects.toThrow(ModelInvalidError)
    await store.close()
  })

  it('is what only a key has signed that is trusted no longer, on the disk too', async () => {
    await site.publish(ONE)
    const store = site.open()
    await store.obtain('net', '1.0.0')
    await store.close()
    const later = site.openWith({ trusted: [trustedOf(aSigningKey())] })
    await expect(later.obtain('net', '1.0.0')).rejects.toThrow(ModelUntrustedError)
    await later.close()
  })

  it('is a document that was changed on the disk: it is fetched again', async () => {
    await site.publish(ONE)
    const store = site.open()
    const folder = await store.obtain('net', '1.0.0')
    await store.close()
    const path = join(site.cacheDir, 'documents', 'net@1.0.0')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"document":"', '"document":"AAAA'))
    const later = site.open()
    expect(await later.obtain('net', '1.0.0')).toBe(folder)
    await later.close()
    expect(site.reads.get(layout.manifest('net', '1.0.0'))).toBe(2)
  })
})

describe('a set', () => {
  it('that two publish at the same moment is told to both, and is the same for every machine', async () => {
    await site.publish(ONE)
    const { digest } = await site.open().manifest('net', '1.0.0')
    const role = { role: 'face-liveness', name: 'net', version: '1.0.0', manifest: digest }
    const outcomes = await Promise.allSettled([
      site.publisher.publishSet([role], 'one'),
      site.publisher.publishSet([role], 'two'),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const [a, b] = [site.open(), site.openWith({ cacheDir: join(site.cacheDir, 'other') })]
    expect((await a.currentSet()).digest).toBe((await b.currentSet()).digest)
    expect((await site.publisher.publishSet([role])).set.sequence).toBe(2)
    await Promise.all([a.close(), b.close()])
  })

  it('is not followed by a publisher who does not trust it', async () => {
    await site.publish(ONE)
    await site.publishSet([ONE])
    const stranger = createModelPublisher({ blobs: site.blobs, clock: systemClock }, aSigningKey())
    await expect(stranger.publishSet([])).rejects.toThrow(ModelUntrustedError)
  })
})

it('waits no longer than it may', async () => {
  await site.publish(ONE)
  let now = 0
  // Every look at the clock is a minute later.
  const clock = { now: () => 0, monotonic: () => (now += 60_000) }
  const store = site.openWith({ clock, timeoutMs: 30_000 })
  await expect(store.obtain('net', '1.0.0')).rejects.toThrow(UnavailableError)
  await store.close()
})
