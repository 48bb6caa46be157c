import { randomUUID } from 'node:crypto'
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelFile } from '../ports/model-store.ts'
import { codeOf, hasDigest, toCacheError, writeWhole } from './cache-disk.ts'
import { type DownloadFrom, download } from './download.ts'
import { withLock } from './folder-lock.ts'
import { type CacheFile, type CacheFolder, planEviction } from './plan-eviction.ts'
import { hexOf } from './signatures.ts'

/** What a folder of the cache is to hold. */
export interface FolderContent {
  readonly files: readonly ModelFile[]
  /** the text of its `manifest.json` */
  readonly manifest: string
}

/** When a folder was last used; a name that no file of a model may have. */
const USED = '.used'
const MANIFEST = 'manifest.json'
/** A process that uses a folder says so more than often enough, also on a machine that is out of breath. */
export const IN_USE_MS = 300_000
/** Left behind by a process that died in the middle. */
const ABANDONED_MS = 3_600_000
/** File systems that have no second name for a file, or not for this one. */
const NO_LINKS = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
/** Each turn needs somebody who removes the very file that was just found whole. */
const LINK_TURNS = 5

const touch = (path: string): Promise<void> => writeFile(path, '')

const namesIn = (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })

/** Models on this machine's disk: files by digest, and folders of them. Shared by every process that is given the folder. */
export class ModelCache {
  readonly #dir: string
  readonly #maxBytes: number
  readonly #incoming: string

  constructor(dir: string, maxBytes: number) {
    this.#dir = dir
    this.#maxBytes = maxBytes
    this.#incoming = join(dir, 'incoming')
  }

  /** Make what is missing, and remove what processes left behind that died. */
  async prepare(): Promise<void> {
    for (const name of ['files', 'folders', 'documents', 'locks', 'incoming'])
      await mkdir(join(this.#dir, name), { recursive: true })
    for (const name of await namesIn(this.#incoming)) {
      const path = join(this.#incoming, name)
      const found = await stat(path).catch(() => undefined)
      if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true })
    }
  }

  /** A small text that was kept; undefined when there is none. */
  async readDocument(name: string): Promise<string | undefined> {
    return readFile(join(this.#dir, 'documents', name), 'utf8').catch(() => undefined)
  }

  async keepDocument(name: string, text: string): Promise<void> {
    const path = join(this.#dir, 'documents', name)
    await writeWhole(path, this.#incoming, text.length, (file) => file.writeFile(text))
  }

  /** Run `work` while no process of this cache runs another under that name. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    return withLock(join(this.#dir, 'locks', name), this.#incoming, work)
  }

  /** Say that a folder is in use: it stays for `IN_USE_MS`. Makes it. @returns its path */
  async use(name: string): Promise<string> {
    const folder = join(this.#dir, 'folders', name)
    // Not while somebody decides what to remove.
    await this.alone('folders', async () => {
      await mkdir(folder, { recursive: true })
      await touch(join(folder, USED))
    })
    return folder
  }

  /** Say so again. */
  async stillUsed(folder: string): Promise<void> {
    const now = new Date()
    await utimes(join(folder, USED), now, now)
  }

  /** Fill a folder that is in use, fetching what is not here or not whole. Several may do so at once. */
  async fill(folder: string, { files, manifest }: FolderContent, from: DownloadFrom): Promise<void> {
    for (const file of files) await this.#place(file, join(folder, file.file), from)
    await writeWhole(join(folder, MANIFEST), this.#incoming, manifest.length, (target) => target.writeFile(manifest))
  }

  /** Remove what was not used for longest, until the cache takes no more than it may. */
  async evict(): Promise<{ readonly removedCount: number }> {
    return this.alone('folders', async () => {
      const limits = { maxBytes: this.#maxBytes, now: Date.now(), inUseMs: IN_USE_MS }
      const plan = planEviction(await this.#folders(), await this.#files(), limits)
      for (const path of plan.folders) {
        const aside = join(this.#incoming, randomUUID())
        await rename(path, aside)
        await rm(aside, { recursive: true, force: true })
      }
      for (const path of plan.files) await rm(path, { force: true })
      return { removedCount: plan.folders.length + plan.files.length }
    })
  }

  /** A file of the cache under its name in a folder: whole, or not there. */
  async #place(file: ModelFile, path: string, from: DownloadFrom): Promise<void> {
    for (let turnsLeft = LINK_TURNS; ; turnsLeft -= 1) {
      const source = await this.#obtain(file, from)
      try {
        if (await this.#isSame(source, path)) return
        await this.#link(source, path, file.bytes)
        return
      } catch (error) {
        // Somebody removed it after it was found whole.
        if (codeOf(error) !== 'ENOENT' || turnsLeft === 0) throw error
      }
    }
  }

  async #obtain(file: ModelFile, from: DownloadFrom): Promise<string> {
    const name = hexOf(file.digest)
    const path = join(this.#dir, 'files', name)
    if (await hasDigest(path, file.digest)) return path
    // Whoever waited finds it whole.
    return this.alone(name, async () => {
      if (await hasDigest(path, file.digest)) return path
      await download(from, file, path, this.#incoming)
      return path
    })
  }

  async #isSame(source: string, path: string): Promise<boolean> {
    const there = await stat(path, { bigint: true }).catch(() => undefined)
    if (!there) return false
    const wanted = await stat(source, { bigint: true })
    return there.ino === wanted.ino && there.dev === wanted.dev
  }

  async #link(source: string, path: string, bytes: number): Promise<void> {
    const temporary = join(this.#incoming, randomUUID())
    try {
      await link(source, temporary).catch((error: unknown) => {
        if (!NO_LINKS.has(codeOf(error) ?? '')) throw error
        return copyFile(source, temporary)
      })
      await rename(temporary, path)
    } catch (error) {
      throw toCacheError(error, bytes)
    } finally {
      await rm(temporary, { force: true })
    }
  }

  async #folders(): Promise<readonly CacheFolder[]> {
    const root = join(this.#dir, 'folders')
    const folders = (await namesIn(root)).map(async (name): Promise<CacheFolder> => {
      const path = join(root, name)
      const used = await stat(join(path, USED)).catch(() => undefined)
      const holds = (await namesIn(path)).map(async (file) => {
        const { ino, size } = await stat(join(path, file))
        return { id: String(ino), bytes: size }
      })
      return { path, usedAt: used?.mtimeMs ?? 0, holds: await Promise.all(holds) }
    })
    return Promise.all(folders)
  }

  async #files(): Promise<readonly CacheFile[]> {
    const root = join(this.#dir, 'files')
    const files = (await namesIn(root)).map(async (name): Promise<CacheFile> => {
      const path = join(root, name)
      const { ino, size, mtimeMs } = await stat(path)
      return { path, id: String(ino), bytes: size, modifiedAt: mtimeMs }
    })
    return Promise.all(files)
  }
}
