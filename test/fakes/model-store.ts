import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UnavailableError } from '../../infra/domain/errors.ts'
import {
  ModelDamagedError,
  ModelNotFoundError,
  ModelSetReplayedError,
  ModelUntrustedError,
} from '../../infra/domain/model-errors.ts'
import { compareVersions } from '../../infra/domain/model-version.ts'
import type { ModelManifest, ModelSet, ModelStore, ObtainedSet, SignedModel } from '../../infra/ports/model-store.ts'

interface Published {
  readonly manifest: ModelManifest
  readonly bytes: ReadonlyMap<string, Uint8Array>
  readonly trusted: boolean
  damaged: boolean
}

/** A version to put there, with its files as they are to lie on the disk. */
export interface FakeModel {
  readonly name: string
  readonly version: string
  readonly role: string
  readonly card: ModelManifest['card']
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** Published models in memory, and one machine's disk: for unit tests of use cases. Passes the port's contract suite. */
export interface FakeModelStore {
  /** a store on that disk; all share what was published */
  open(): ModelStore
  publish(model: FakeModel, trusted?: boolean): void
  publishSet(roles: readonly { readonly name: string; readonly version: string }[]): void
  damage(name: string, version: string): void
  removeSet(): void
  /** what is stored does not answer any more */
  away(isAway?: boolean): void
}

const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const latestOf = (sets: readonly ModelSet[]): ModelSet | undefined => sets.at(-1)

/** @param dir the machine's disk: folders that were obtained lie there */
export const createFakeModelStore = (dir: string): FakeModelStore => {
  const published = new Map<string, Published>()
  const sets: ModelSet[] = []
  const disk = new Set<string>()
  let isAway = false
  let known: ModelSet | undefined

  const reach = (): void => {
    if (isAway) throw new UnavailableError('object storage', new Error('away'))
  }
  const find = (name: string, version: string): Published => {
    const what = `${name}@${version}`
    if (!disk.has(what)) reach()
    const found = published.get(what)
    if (!found) throw new ModelNotFoundError(what)
    if (!found.trusted) throw new ModelUntrustedError(what, 'it is signed by no key that is trusted here')
    return found
  }
  const signed = ({ manifest }: Published): SignedModel => ({
    manifest,
    digest: digestOf(JSON.stringify(manifest)),
    signedBy: ['0123456789abcdef'],
  })
  const isWhole = (path: string, bytes: Uint8Array): boolean => existsSync(path) && readFileSync(path).equals(bytes)
  const fill = async (folder: string, models: readonly Published[]): Promise<void> => {
    await mkdir(folder, { recursive: true })
    for (const { manifest, bytes, damaged } of models) {
      for (const [file, whole] of bytes) {
        if (isWhole(join(folder, file), whole)) continue
        reach()
        if (damaged) throw new ModelDamagedError(file)
        await writeFile(join(folder, file), whole)
      }
      disk.add(`${manifest.name}@${manifest.version}`)
    }
    const document = { schema: 1, models: models.map(({ manifest }) => manifest.card) }
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(document))
  }
  const latest = (): ModelSet => {
    reach()
    const set = latestOf(sets)
    if (!set) throw new ModelNotFoundError('set of models')
    if (known && set.sequence < known.sequence) throw new ModelSetReplayedError(set.sequence, known.sequence)
    return set
  }
  const obtainFolder = async (set: ModelSet): Promise<string> => {
    const folder = join(dir, `set-${set.sequence}`)
    await fill(
      folder,
      set.roles.map(({ name, version }) => find(name, version)),
    )
    return folder
  }

  const open = (): ModelStore => ({
    async list() {
      reach()
      const all = [...published.values()].map(({ manifest: { name, version } }) => ({ name, version }))
      return all.sort((a, b) => (a.name === b.name ? compareVersions(a.version, b.version) : a.name < b.name ? -1 : 1))
    },
    manifest: async (name, version) => signed(find(name, version)),
    async obtain(name, version) {
      const model = find(name, version)
      const folder = join(dir, `${name}@${version}`)
      await fill(folder, [model])
      return folder
    },
    currentSet: async () => {
      const set = latest()
      return { set, digest: digestOf(JSON.stringify(set)), signedBy: ['0123456789abcdef'] }
    },
    async obtainSet(): Promise<ObtainedSet> {
      try {
        const set = latest()
        const folder = await obtainFolder(set)
        known = set
        return { folder, set }
      } catch (error) {
        if (!known || !(error instanceof Error)) throw error
        return { folder: await obtainFolder(known), set: known, instead: error }
      }
    },
    release() {},
    async close() {},
  })

  return {
    open,
    publish({ files, ...model }, trusted = true) {
      const manifest: ModelManifest = {
        schema: 1,
        ...model,
        files: [...files].map(([file, bytes]) => {
          const piece = { digest: digestOf(bytes), bytes: bytes.length }
          return { file, ...piece, pieces: [piece] }
        }),
        publishedAt: '2026-11-21T00:00:00.000Z',
      }
      published.set(`${model.name}@${model.version}`, { manifest, bytes: files, trusted, damaged: false })
    },
    publishSet(roles) {
      const filled = roles.map(({ name, version }) => {
        const found = published.get(`${name}@${version}`)
        if (!found) throw new ModelNotFoundError(`${name}@${version}`)
        return { role: found.manifest.role, name, version, manifest: signed(found).digest }
      })
      const sorted = filled.sort((a, b) => (a.role < b.role ? -1 : 1))
      sets.push({ schema: 1, sequence: sets.length + 1, roles: sorted, createdAt: '2026-11-21T00:00:00.000Z' })
    },
    damage(name, version) {
      const found = published.get(`${name}@${version}`)
      if (found) found.damaged = true
    },
    removeSet: () => void sets.pop(),
    away(next = true) {
      isAway = next
    },
  }
}
