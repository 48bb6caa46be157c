import { mkdtemp, readdir, readFile, rm, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ModelCacheFullError, ModelDamagedError } from '../../../../infra/domain/model-errors.ts'
import { checkRoom, toCacheError, writeWhole } from '../../../../infra/model-store/cache-disk.ts'
import { layout } from '../../../../infra/model-store/layout.ts'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { type BlobModelSite, createModelSite } from '../../../fixtures/model-site.ts'

const ONE = { name: 'net', version: '1.0.0', text: 'first' }

let site: BlobModelSite
beforeEach(async () => {
  site = await createModelSite(createMemoryBlobStore())
})
afterEach(() => site.close())

const piecesRead = (): readonly number[] =>
  [...site.reads].filter(([key]) => key.startsWith(layout.pieces)).map(([, count]) => count)
const incoming = () => readdir(join(site.cacheDir, 'incoming'))

describe('the disk', () => {
  it('fetches a file once for all who ask at the same time', async () => {
    await site.publish(ONE)
    await site.publishSet([ONE])
    const stores = Array.from({ length: 6 }, () => site.open())
    await Promise.all(stores.flatMap((store) => [store.obtain('net', '1.0.0'), store.obtainSet()]))
    expect(piecesRead()).toEqual([1])
    await Promise.all(stores.map((store) => store.close()))
  })

  it.each([
    ['damaged', (path: string) => writeFile(path, 'firsT')],
    ['cut short', (path: string) => truncate(path, 2)],
    ['removed', (path: string) => unlink(path)],
  ])('has a file again that was %s', async (_, spoil) => {
    await site.publish(ONE)
    const store = site.open()
    const path = join(await store.obtain('net', '1.0.0'), 'net-1.0.0.onnx')
    await store.close()
    await spoil(path)
    const later = site.open()
    await later.obtain('net', '1.0.0')
    expect(await readFile(path, 'utf8')).toBe('first')
    await later.close()
  })

  it('keeps nothing of what was not whole', async () => {
    await site.publish(ONE)
    await site.damage(ONE)
    const store = site.open()
    await expect(store.obtain('net', '1.0.0')).rejects.toThrow(ModelDamagedError)
    await store.close()
    expect(await readdir(join(site.cacheDir, 'files'))).toEqual([])
    expect(await incoming()).toEqual([])
  })

  it('is cleared of what was not used for longest, never of what is in use', async () => {
    const kilobytes = (version: string) => ({ ...ONE, version, text: version.padEnd(1_000, 'x') })
    const store = site.openWith({ cacheBytes: 2_500 })
    const folders: string[] = []
    for (const version of ['1.0.0', '1.0.1', '1.0.2', '1.0.3']) {
      await site.publish(kilobytes(version))
      const folder = await store.obtain('net', version)
      folders.push(folder)
      // The first stays in use; the others were left an hour ago, one after the other.
      const ago = new Date(Date.now() - 3_600_000 + folders.length * 1_000)
      store.release(folder)
      if (version !== '1.0.0') await utimes(join(folder, '.used'), ago, ago)
      for (const name of await readdir(join(site.cacheDir, 'files')))
        await utimes(join(site.cacheDir, 'files', name), ago, ago)
    }
    await store.obtain('net', '1.0.3')
    const left = await readdir(join(site.cacheDir, 'folders'))
    expect(left.map((name) => name.slice(0, 9)).sort()).toEqual(['net@1.0.0', 'net@1.0.3'])
    expect(await readdir(join(site.cacheDir, 'files'))).toHaveLength(2)
    await store.close()
  })

  it('that is full is told before anything is fetched', async () => {
    await expect(checkRoom(site.cacheDir.replace(/cache$/, ''), Number.MAX_SAFE_INTEGER)).rejects.toThrow(
      ModelCacheFullError,
    )
  })

  it('that becomes full while it is written to leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-full-'))
    // The kernel's own device that has no room.
    const writing = writeWhole(join(folder, 'model'), folder, 7, () => writeFile('/dev/full', 'a model'))
    await expect(writing).rejects.toThrow(ModelCacheFullError)
    await expect(writing).rejects.toMatchObject({ code: 'MODEL_CACHE_FULL', wantedBytes: 7 })
    expect(await readdir(folder)).toEqual([])
    await rm(folder, { recursive: true })
  })

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('that answers %s is full', (code) => {
    expect(toCacheError(Object.assign(new Error('no'), { code }), 1)).toBeInstanceOf(ModelCacheFullError)
  })

  it('has room for nothing that a dead process left', async () => {
    await site.publish(ONE)
    const store = site.open()
    await store.obtain('net', '1.0.0')
    const path = join(site.cacheDir, 'incoming', 'left')
    await writeFile(path, 'half a model')
    const long = new Date(Date.now() - 7_200_000)
    await utimes(path, long, long)
    const later = site.open()
    await later.obtain('net', '1.0.0')
    expect(await incoming()).toEqual([])
    await Promise.all([store.close(), later.close()])
  })
})

it('keeps a model readable by other users of the machine, and writable by none of them', async () => {
  await site.publish(ONE)
  const store = site.open()
  const path = join(await store.obtain('net', '1.0.0'), 'net-1.0.0.onnx')
  expect((await stat(path)).mode & 0o777).toBe(0o644)
  await store.close()
})
