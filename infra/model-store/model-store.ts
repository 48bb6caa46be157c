import { AppError } from '../domain/errors.ts'
import {
  ModelInvalidError,
  ModelNotFoundError,
  ModelSetReplayedError,
  ModelUntrustedError,
} from '../domain/model-errors.ts'
import { parseModelName } from '../domain/model-version.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { ModelFile, ModelStore, ObtainedSet, SignedModel, SignedSet } from '../ports/model-store.ts'
import { ModelCache } from './cache.ts'
import type { DownloadFrom } from './download.ts'
import { packEnvelope, unpackEnvelope } from './envelope-text.ts'
import { FolderUses } from './folder-uses.ts'
import { createRepository, type Envelope, openManifest, openSet } from './repository.ts'
import { hexOf } from './signatures.ts'
import type { TrustedKey } from './signing-keys.ts'

/** What a store of models needs. */
export interface ModelStoreOptions {
  readonly blobs: BlobStore
  readonly trusted: readonly TrustedKey[]
  readonly cacheDir: string
  /** more than this is removed, but for what is in use */
  readonly cacheBytes: number
  /** longest that obtaining one version, or one set, may take */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly log: Logger
}

const SET_DOCUMENT = 'set.json'
const SHORT_LENGTH = 12

const shortOf = (digest: string): string => hexOf(digest).slice(0, SHORT_LENGTH)
const asText = (document: unknown): string => `${JSON.stringify(document, undefined, 2)}\n`

class CachedModelStore implements ModelStore {
  readonly #options: ModelStoreOptions
  readonly #repository: ReturnType<typeof createRepository>
  readonly #cache: ModelCache
  readonly #uses: FolderUses
  readonly #obtaining = new Map<string, Promise<string>>()
  #prepared: Promise<void> | undefined

  constructor(options: ModelStoreOptions) {
    this.#options = options
    this.#repository = createRepository(options.blobs)
    this.#cache = new ModelCache(options.cacheDir, options.cacheBytes)
    this.#uses = new FolderUses(this.#cache, options.log)
  }

  list() {
    return this.#repository.list()
  }

  async manifest(name: string, version: string): Promise<SignedModel> {
    await this.#prepare()
    return this.#manifest(name, version)
  }

  async obtain(name: string, version: string): Promise<string> {
    await this.#prepare()
    const folder = await this.#obtainOnce(name, version, this.#from())
    this.#uses.take(folder)
    return folder
  }

  async currentSet(): Promise<SignedSet> {
    await this.#prepare()
    return (await this.#latestSet(await this.#knownSet())).signed
  }

  async obtainSet(): Promise<ObtainedSet> {
    await this.#prepare()
    const known = await this.#knownSet()
    try {
      const { signed, envelope } = await this.#latestSet(known)
      const folder = await this.#obtainFolder(signed)
      this.#uses.take(folder)
      // They are all here: what cannot be written down keeps no machine from running them.
      await this.#keepSet(signed, envelope).catch((error: unknown) =>
        this.#options.log.error({ error }, 'the set of models cannot be kept: the next start does not know it'),
      )
      return { folder, set: signed.set }
    } catch (error) {
      // What was signed and is all here goes on: neither an outage nor a forgery takes a machine down.
      if (!known || !(error instanceof AppError)) throw error
      const folder = await this.#obtainFolder(known).catch(() => {
        throw error
      })
      this.#uses.take(folder)
      return { folder, set: known.set, instead: error }
    }
  }

  release(folder: string): void {
    if (!this.#uses.give(folder)) return
    for (const [what, obtained] of this.#obtaining)
      void obtained.then((path) => path === folder && this.#obtaining.delete(what)).catch(() => {})
  }

  async close(): Promise<void> {
    this.#uses.end()
    await this.#options.blobs.close()
  }

  #prepare(): Promise<void> {
    this.#prepared ??= this.#cache.prepare().catch((error: unknown) => {
      this.#prepared = undefined
      throw error
    })
    return this.#prepared
  }

  #from(): DownloadFrom {
    const { blobs, clock, timeoutMs } = this.#options
    const end = clock.monotonic() + timeoutMs
    return { blobs, isLate: () => clock.monotonic() > end }
  }

  /** @param pinned digest of the manifest that is meant */
  async #manifest(name: string, version: string, pinned?: string): Promise<SignedModel> {
    const what = `${name}@${version}`
    if (!parseModelName(what)) throw new ModelNotFoundError('model of that name')
    const isMeant = ({ digest }: SignedModel): boolean => pinned === undefined || digest === pinned
    const kept = await this.#cache.readDocument(what).then((text) => text && unpackEnvelope(text))
    const known = kept && this.#attempt(() => openManifest(name, version, kept, this.#options.trusted))
    if (known && isMeant(known)) return known
    const envelope = await this.#repository.manifest(name, version)
    const signed = openManifest(name, version, envelope, this.#options.trusted)
    if (!isMeant(signed)) throw new ModelUntrustedError(what, 'it is not the one that the set names')
    await this.#cache.keepDocument(what, packEnvelope(envelope))
    return signed
  }

  /** What is not trusted, or not understood, is as good as not there. */
  #attempt<T>(open: () => T): T | undefined {
    try {
      return open()
    } catch (error) {
      if (error instanceof AppError) return undefined
      throw error
    }
  }

  async #obtainOnce(name: string, version: string, from: DownloadFrom): Promise<string> {
    const what = `${name}@${version}`
    const under = this.#obtaining.get(what)
    if (under) return under
    const obtaining = this.#manifest(name, version).then(({ manifest, digest }) =>
      this.#hold(`${name}@${version}~${shortOf(digest)}`, manifest.files, [manifest.card], from),
    )
    this.#obtaining.set(what, obtaining)
    obtaining.catch(() => this.#obtaining.delete(what))
    return obtaining
  }

  async #hold(
    name: string,
    files: readonly ModelFile[],
    cards: readonly SignedModel['manifest']['card'][],
    from: DownloadFrom,
  ): Promise<string> {
    const { log } = this.#options
    const folder = await this.#cache.use(name)
    // While it is filled, which may take long.
    this.#uses.take(folder)
    try {
      await this.#cache.fill(folder, { files, manifest: asText({ schema: 1, models: cards }) }, from)
    } finally {
      this.#uses.give(folder)
    }
    const evicted = await this.#cache
      .evict()
      .catch((error: unknown) => log.warn({ error }, 'the models were not cleared'))
    if (evicted && evicted.removedCount > 0) log.info(evicted, 'models that nobody used were removed')
    return folder
  }

  async #knownSet(): Promise<SignedSet | undefined> {
    const text = await this.#cache.readDocument(SET_DOCUMENT)
    const envelope = text === undefined ? undefined : unpackEnvelope(text)
    return envelope && this.#attempt(() => openSet(envelope, this.#options.trusted))
  }

  async #latestSet(known: SignedSet | undefined): Promise<{ signed: SignedSet; envelope: Envelope }> {
    const envelope = await this.#repository.latestSet()
    const signed = openSet(envelope, this.#options.trusted)
    const older = known && (signed.set.sequence < known.set.sequence || isOther(signed, known))
    if (older) throw new ModelSetReplayedError(signed.set.sequence, known.set.sequence)
    return { signed, envelope }
  }

  async #obtainFolder({ set, digest }: SignedSet): Promise<string> {
    const from = this.#from()
    const models: SignedModel[] = []
    for (const { name, version, manifest } of set.roles) models.push(await this.#manifest(name, version, manifest))
    const other = models.find(({ manifest }, at) => manifest.role !== set.roles[at]?.role)
    if (other)
      throw new ModelInvalidError('the set of models', [`${other.manifest.name} is for ${other.manifest.role}`])
    const files = models.flatMap(({ manifest }) => manifest.files)
    const cards = models.map(({ manifest }) => manifest.card)
    return this.#hold(`set-${set.sequence}~${shortOf(digest)}`, files, cards, from)
  }

  async #keepSet(signed: SignedSet, envelope: Envelope): Promise<void> {
    await this.#cache.alone('set', async () => {
      const known = await this.#knownSet()
      if (!known || known.set.sequence < signed.set.sequence)
        await this.#cache.keepDocument(SET_DOCUMENT, packEnvelope(envelope))
    })
  }
}

const isOther = (a: SignedSet, b: SignedSet): boolean => a.set.sequence === b.set.sequence && a.digest !== b.digest

/**
 * Models out of object storage, kept on this machine's disk. Processes that are given the same folder share it: one
 * fetches, the others wait and find it. What is fetched and what was here is verified alike.
 */
export const createModelStore = (options: ModelStoreOptions): ModelStore => new CachedModelStore(options)
