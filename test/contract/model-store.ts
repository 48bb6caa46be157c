import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../infra/domain/errors.ts'
import {
  ModelDamagedError,
  ModelNotFoundError,
  ModelSetReplayedError,
  ModelUntrustedError,
} from '../../infra/domain/model-errors.ts'
import type { ModelStore } from '../../infra/ports/model-store.ts'

/** A version as a test publishes it: one file, `<name>-<version>.onnx`, with this text in it. */
export interface PublishedModel {
  readonly name: string
  readonly version: string
  readonly role?: string
  readonly text?: string
}

/** Published models, and machines that run them. What is done to storage is done by others than its publisher. */
export interface ModelStoreSite {
  /** another process of the same machine: it shares the disk */
  open(): ModelStore
  publish(model: PublishedModel): Promise<void>
  /** @param models which version fills its role in the next set */
  publishSet(models: readonly PublishedModel[]): Promise<void>
  /** somebody changes a byte of the version's file */
  damage(model: PublishedModel): Promise<void>
  /** somebody puts a manifest there that no trusted key has signed */
  forge(model: PublishedModel): Promise<void>
  /** somebody removes the latest set */
  removeSet(): Promise<void>
  /** storage does not answer any more */
  away(): void
  close(): Promise<void>
}

const fileOf = ({ name, version }: PublishedModel): string => `${name}-${version}.onnx`
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

const ONE = { name: 'net', version: '1.0.0', role: 'face-liveness', text: 'first' }
const TWO = { name: 'net', version: '1.0.1', role: 'face-liveness', text: 'second' }
const OTHER = { name: 'other', version: '2.0.0', role: 'face-antispoof', text: 'other' }

/** The port's contract: every adapter and the fake pass it. */
export const describeModelStore = (adapter: string, start: () => Promise<ModelStoreSite>): void => {
  describe(`ModelStore on ${adapter}`, () => {
    let site: ModelStoreSite
    let stores: ModelStore[] = []
    const open = (): ModelStore => {
      const store = site.open()
      stores.push(store)
      return store
    }
    const begin = async (...models: readonly PublishedModel[]): Promise<ModelStore> => {
      site = await start()
      for (const model of models) await site.publish(model)
      return open()
    }
    afterEach(async () => {
      for (const store of stores) await store.close()
      stores = []
      await site.close()
    })

    it('lists versions in the order of their numbers', async () => {
      const store = await begin({ ...ONE, version: '1.10.0' }, { ...ONE, version: '1.9.0' }, OTHER)
      expect(await store.list()).toEqual([
        { name: 'net', version: '1.9.0' },
        { name: 'net', version: '1.10.0' },
        { name: 'other', version: '2.0.0' },
      ])
    })

    it('answers what was signed', async () => {
      const store = await begin(ONE)
      const { manifest, digest, signedBy } = await store.manifest('net', '1.0.0')
      expect(manifest).toMatchObject({ name: 'net', version: '1.0.0', role: 'face-liveness' })
      expect(manifest.files).toMatchObject([{ file: 'net-1.0.0.onnx', digest: digestOf('first'), bytes: 5 }])
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(signedBy).toHaveLength(1)
    })

    it('puts a models directory of one version on the disk, beside that of another', async () => {
      const store = await begin(ONE, TWO)
      const folders = [await store.obtain('net', '1.0.0'), await store.obtain('net', '1.0.1')]
      expect(folders[0]).not.toBe(folders[1])
      for (const [at, model] of [ONE, TWO].entries()) {
        const folder = folders[at] ?? ''
        expect(await readFile(join(folder, fileOf(model)), 'utf8')).toBe(model.text)
        const { schema, models } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))
        expect(schema).toBe(1)
        expect(models).toMatchObject([{ name: 'net', version: model.version, role: model.role, file: fileOf(model) }])
      }
    })

    it.each([
      ['a version nobody published', 'net', '9.9.9'],
      ['a model nobody published', 'nothing', '1.0.0'],
      ['a name that leads out of the folder', '../net', '1.0.0'],
      ['a version that is none', 'net', '../1.0.0'],
    ])('does not know %s', async (_, name, version) => {
      const store = await begin(ONE)
      await expect(store.manifest(name, version)).rejects.toThrow(ModelNotFoundError)
      await expect(store.obtain(name, version)).rejects.toThrow(ModelNotFoundError)
    })

    it('gives nothing of a version whose bytes are not those that were signed', async () => {
      const store = await begin(ONE, TWO)
      await site.damage(TWO)
      await expect(store.obtain('net', '1.0.1')).rejects.toThrow(ModelDamagedError)
      expect(await readFile(join(await store.obtain('net', '1.0.0'), fileOf(ONE)), 'utf8')).toBe('first')
    })

    it('gives nothing that no trusted key has signed', async () => {
      const store = await begin()
      await site.forge(ONE)
      await expect(store.manifest('net', '1.0.0')).rejects.toThrow(ModelUntrustedError)
      await expect(store.obtain('net', '1.0.0')).rejects.toThrow(ModelUntrustedError)
    })

    it('needs no storage for what is on the disk', async () => {
      const store = await begin(ONE)
      const folder = await store.obtain('net', '1.0.0')
      site.away()
      expect(await open().obtain('net', '1.0.0')).toBe(folder)
      await expect(open().obtain('net', '1.0.1')).rejects.toThrow(UnavailableError)
    })

    it('fetches again what was damaged on the disk', async () => {
      const store = await begin(ONE)
      await writeFile(join(await store.obtain('net', '1.0.0'), fileOf(ONE)), 'wrong')
      const folder = await open().obtain('net', '1.0.0')
      expect(await readFile(join(folder, fileOf(ONE)), 'utf8')).toBe('first')
    })

    it('knows no set before one is published', async () => {
      const store = await begin(ONE)
      await expect(store.currentSet()).rejects.toThrow(ModelNotFoundError)
      await expect(store.obtainSet()).rejects.toThrow(ModelNotFoundError)
    })

    it('puts the latest set on the disk as one models directory', async () => {
      const store = await begin(ONE, TWO, OTHER)
      await site.publishSet([ONE, OTHER])
      await site.publishSet([TWO, OTHER])
      const { folder, set, instead } = await store.obtainSet()
      expect(instead).toBeUndefined()
      expect(set).toMatchObject({ sequence: 2, roles: [{ role: 'face-antispoof' }, { name: 'net', version: '1.0.1' }] })
      expect((await store.currentSet()).set).toEqual(set)
      for (const model of [TWO, OTHER]) expect(await readFile(join(folder, fileOf(model)), 'utf8')).toBe(model.text)
      const { models } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))
      expect(models.map(({ name }: PublishedModel) => name).sort()).toEqual(['net', 'other'])
    })

    it('goes on with the last set when storage is away', async () => {
      const store = await begin(ONE)
      await site.publishSet([ONE])
      const { folder } = await store.obtainSet()
      site.away()
      const again = await open().obtainSet()
      expect(again).toMatchObject({ folder, set: { sequence: 1 } })
      expect(again.instead).toBeInstanceOf(UnavailableError)
    })

    it('goes on with the last set when the latest one cannot be had whole', async () => {
      const store = await begin(ONE, TWO)
      await site.publishSet([ONE])
      await store.obtainSet()
      await site.publishSet([TWO])
      await site.damage(TWO)
      const { set, instead } = await open().obtainSet()
      expect(set.sequence).toBe(1)
      expect(instead).toBeInstanceOf(ModelDamagedError)
    })

    it('takes no older set than it has had', async () => {
      const store = await begin(ONE, TWO)
      await site.publishSet([ONE])
      await site.publishSet([TWO])
      await store.obtainSet()
      await site.removeSet()
      await expect(store.currentSet()).rejects.toThrow(ModelSetReplayedError)
      const { set, instead } = await open().obtainSet()
      expect(set.sequence).toBe(2)
      expect(instead).toBeInstanceOf(ModelSetReplayedError)
    })

    it('fetches once, however many ask', async () => {
      const store = await begin(ONE)
      const folders = await Promise.all([
        ...Array.from({ length: 4 }, () => store.obtain('net', '1.0.0')),
        ...Array.from({ length: 4 }, () => open().obtain('net', '1.0.0')),
      ])
      expect(new Set(folders).size).toBe(1)
    })
  })
}
