import { randomBytes } from 'node:crypto'
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StorageDeniedError, UnavailableError } from '../../../../infra/domain/errors.ts'
import { createFsBlobStore } from '../../../../infra/object-storage/fs.ts'
import { StorageUrlError } from '../../../../infra/object-storage/storage-url-error.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { describeBlobStore } from '../../../contract/blob-store.ts'
import { collect } from '../../../contract/blob-store-bench.ts'
import { startUploadServer } from '../../../fakes/blob-store-uploads.ts'

const SECRET = 'a-secret-for-tests-of-32-characters-or-more'
const inTemp = () => mkdtemp(join(tmpdir(), 'muster-blobs-'))

describeBlobStore(
  'fs',
  async () => {
    const folder = await inTemp()
    const server = await startUploadServer()
    const uploads = { secret: SECRET, publicUrl: server.publicUrl }
    const { store, gate } = createFsBlobStore({
      root: join(folder, 'made/lazily'),
      timeoutMs: 5_000,
      clock: systemClock,
      uploads,
    })
    if (gate) server.serve(store, gate)
    return {
      open: () => store,
      endpoint: '',
      close: async () => {
        await server.close()
        await rm(folder, { recursive: true })
      },
    }
  },
  { remote: false, verifiesKeys: false, verifiesUploads: true },
)

describe('the fs driver', () => {
  const openAt = async () => {
    const folder = await inTemp()
    onTestFinished(() => rm(folder, { recursive: true }))
    const root = join(folder, 'root')
    const { store } = createFsBlobStore({ root, timeoutMs: 5_000, clock: systemClock })
    return { folder, root, store }
  }
  const filesBelow = async (path: string) =>
    (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())

  it('makes its folder with the first object and no sooner', async () => {
    const { root, store } = await openAt()
    expect(await collect(store.list(''))).toEqual([])
    expect(await store.head('a')).toBeUndefined()
    await store.delete('a/b')
    await expect(access(root)).rejects.toThrow()
    await store.put('a/b', new Uint8Array(1), 'image/png')
    await access(root)
  })

  it('holds an object and a folder of the same name, in key order', async () => {
    const { store } = await openAt()
    for (const key of ['a/b', 'a', 'a-b']) await store.put(key, new Uint8Array(1), 'image/png')
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['a', 'a-b', 'a/b'])
    await store.delete('a')
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['a-b', 'a/b'])
  })

  it('keeps files and folders to their owner', async () => {
    const { root, store } = await openAt()
    await store.put('a/b', new Uint8Array(1), 'image/png')
    expect((await stat(join(root, 'a'))).mode & 0o077).toBe(0)
    const [file] = await filesBelow(join(root, 'a'))
    expect((await stat(join(root, 'a', file?.name ?? ''))).mode & 0o077).toBe(0)
  })

  it('leaves nothing behind: no folder after the last delete, no temporary file', async () => {
    const { root, store } = await openAt()
    await store.put('a/b/c', randomBytes(1000), 'image/png')
    await store.put('a/b/c', randomBytes(1000), 'image/png')
    expect(await filesBelow(root)).toHaveLength(1)
    await store.delete('a/b/c')
    await expect(access(join(root, 'a'))).rejects.toThrow()
    expect(await filesBelow(root)).toEqual([])
  })

  it('stores a file that any viewer can open', async () => {
    const { root, store } = await openAt()
    const body = await readFile('test/fixtures/person_b_2010.jpg')
    await store.put('person', body, 'image/jpeg')
    const [file] = await filesBelow(root)
    const stored = await readFile(join(root, file?.name ?? ''))
    expect(Buffer.compare(stored.subarray(0, body.length), body)).toBe(0)
  })

  it('gives the whole object that was there when a reader began', async () => {
    const { store } = await openAt()
    const old = randomBytes(4_000_000)
    await store.put('x', old, 'image/png')
    const [read] = await Promise.all([
      store.get('x'),
      store.put('x', new Uint8Array(1), 'image/png'),
      store.delete('x'),
    ])
    expect([old.length, 1]).toContain(read.length)
  })

  it.each<[string, (path: string) => Promise<void>]>([
    ['cut short', (path) => truncate(path, 600)],
    ['emptied', (path) => truncate(path, 0)],
    [
      'changed in one byte',
      async (path) => {
        const bytes = await readFile(path)
        bytes[500] = (bytes[500] ?? 0) ^ 1
        await writeFile(path, bytes)
      },
    ],
    ['extended', (path) => writeFile(path, 'more', { flag: 'a' })],
    ['replaced by something else', (path) => writeFile(path, 'x'.repeat(2000))],
  ])('notices a file that was %s', async (_, damage) => {
    const { root, store } = await openAt()
    await store.put('x', randomBytes(1000), 'image/png')
    const [file] = await filesBelow(root)
    await damage(join(root, file?.name ?? ''))
    await expect(store.get('x')).rejects.toBeInstanceOf(UnavailableError)
  })

  it('follows no symbolic link, neither to read nor to write, list or delete', async () => {
    const { folder, root, store } = await openAt()
    const outside = join(folder, 'outside')
    await store.put('in/x', randomBytes(10), 'image/png')
    await mkdir(outside)
    await writeFile(join(outside, 'secret+'), randomBytes(2000))
    await symlink(outside, join(root, 'link'))
    await symlink(join(outside, 'secret+'), join(root, 'in', 'secret+'))
    for (const call of [
      () => store.get('link/secret'),
      () => store.head('link/secret'),
      () => store.put('link/new', new Uint8Array(1), 'image/png'),
      () => store.put('link/deep/new', new Uint8Array(1), 'image/png'),
      () => store.delete('link/secret'),
      () => collect(store.list('link/')),
      () => store.get('in/secret'),
    ])
      await expect(call()).rejects.toBeInstanceOf(StorageDeniedError)
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['in/x'])
    expect((await readdir(outside)).toSorted()).toEqual(['secret+'])
    // Overwriting or deleting the link itself leaves what it points to alone.
    await store.put('in/secret', new Uint8Array([1]), 'image/png')
    expect((await readFile(join(outside, 'secret+'))).length).toBe(2000)
  })

  it('removes what a dead process left half-written, and nothing that is being written', async () => {
    const { root, store } = await openAt()
    const incoming = join(root, '+incoming')
    await mkdir(incoming, { recursive: true })
    await writeFile(join(incoming, 'old'), 'half a picture')
    await writeFile(join(incoming, 'new'), 'half a picture')
    await utimes(join(incoming, 'old'), 0, 0)
    await store.put('x', new Uint8Array(1), 'image/png')
    expect(await readdir(incoming)).toEqual(['new'])
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['x'])
  })

  it('recovers when its folder is taken away', async () => {
    const { root, store } = await openAt()
    await store.put('x', new Uint8Array(1), 'image/png')
    await rm(root, { recursive: true })
    await store.put('y', new Uint8Array(1), 'image/png').catch(() => {})
    await store.put('y', new Uint8Array(1), 'image/png')
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['y'])
  })

  it('says what is missing when uploads are asked of a store without them', async () => {
    const { store } = await openAt()
    await expect(store.signUpload('x', { contentType: 'image/png', maxBytes: 1, ttlMs: 1 })).rejects.toBeInstanceOf(
      StorageUrlError,
    )
  })

  it('lets no object survive a writer whose content type cannot be stored', async () => {
    const { root, store } = await openAt()
    await expect(store.put('x', new Uint8Array(1), 'x'.repeat(300))).rejects.toThrow()
    expect(await filesBelow(root)).toEqual([])
  })
})
