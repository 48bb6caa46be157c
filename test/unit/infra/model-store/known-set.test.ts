import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { type BlobModelSite, createModelSite } from '../../../fixtures/model-site.ts'

let site: BlobModelSite
beforeEach(async () => {
  site = await createModelSite(createMemoryBlobStore())
})
afterEach(() => site.close())

it('models that are all here run also where it cannot be written down which they are', async () => {
  const one = { name: 'net', version: '1.0.0', text: 'first' }
  await site.publish(one)
  await site.publishSet([one])
  // A folder in the place of the file: as with a full disk, nothing can be put there.
  await mkdir(join(site.cacheDir, 'documents', 'set.json', 'in-the-way'), { recursive: true })
  const store = site.open()
  const { folder, set, instead } = await store.obtainSet()
  expect([set.sequence, instead]).toEqual([1, undefined])
  expect(await readFile(join(folder, 'net-1.0.0.onnx'), 'utf8')).toBe('first')
  await store.close()
})
