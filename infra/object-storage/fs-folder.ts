import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobEntry, BlobInfo } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import { readInfo, readObject, TRAILER_BYTES, writeObject } from './fs-object.ts'
import { descend, INCOMING, isMissing, objectName, pruneEmpty, syncDirectory, walkKeys } from './fs-tree.ts'
import { keySegments, prefixSegments } from './keys.ts'

/** A file this old in the incoming folder was left by a process that died. */
const ABANDONED_MS = 3_600_000
/** A delete may remove the folder between our making it and our using it; each turn needs another such accident. */
const RENAME_TURNS = 20

/** The folder may be gone again: somebody deleted the object, and there is nothing left to make durable. */
const unlessMissing = (error: unknown): void => {
  if (!isMissing(error)) throw error
}

const split = (key: string) => {
  const segments = keySegments(key)
  return { folders: segments.slice(0, -1), file: objectName(segments.at(-1) ?? '') }
}

/** Objects below one directory, in the file system's own errors. Made with the first object. */
export class FsFolder {
  readonly #root: string
  readonly #clock: Clock
  readonly #incoming: string
  #prepared: Promise<void> | undefined

  constructor(root: string, clock: Clock) {
    this.#root = root
    this.#clock = clock
    this.#incoming = join(root, INCOMING)
  }

  /** Write beside, sync, then move into place: nobody meets a file that is not whole. */
  async put(key: string, body: Uint8Array, contentType: string): Promise<void> {
    const { folders, file } = split(key)
    const temporary = join(this.#incoming, randomUUID())
    try {
      this.#prepared ??= this.#prepare()
      await this.#prepared
      await writeObject(temporary, body, contentType)
      await syncDirectory(await this.#moveTo(temporary, folders, file)).catch(unlessMissing)
    } catch (error) {
      this.#prepared = undefined
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** @returns undefined when there is none */
  get(key: string, maxBytes: number): Promise<Uint8Array | undefined> {
    return this.#find(key, (path) => readObject(path, key, maxBytes))
  }

  /** @returns undefined when there is none */
  head(key: string): Promise<BlobInfo | undefined> {
    return this.#find(key, async (path) => ({ key, ...(await readInfo(path)) }))
  }

  /** Removes the folders that have become empty too. */
  async delete(key: string): Promise<void> {
    await this.#find(key, unlink)
    await pruneEmpty(this.#root, split(key).folders)
  }

  /** In key order. */
  keys(prefix: string): AsyncGenerator<string> {
    return walkKeys(this.#root, prefixSegments(prefix))
  }

  /** @returns undefined when it was deleted meanwhile */
  entry(key: string): Promise<BlobEntry | undefined> {
    return this.#find(key, async (path) => {
      const { size, mtimeMs } = await lstat(path)
      return { key, bytes: size - TRAILER_BYTES, modifiedAt: Math.floor(mtimeMs) }
    })
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#incoming, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#incoming)) {
      const path = join(this.#incoming, name)
      const info = await stat(path).catch(() => undefined)
      if (info && this.#clock.now() - info.mtimeMs > ABANDONED_MS) await rm(path, { force: true })
    }
  }

  async #moveTo(temporary: string, folders: readonly string[], file: string): Promise<string> {
    for (let turnsLeft = RENAME_TURNS; ; turnsLeft -= 1) {
      try {
        const folder = await descend(this.#root, folders, true)
        await rename(temporary, join(folder, file))
        return folder
      } catch (error) {
        if (!isMissing(error) || turnsLeft === 0) throw error
      }
    }
  }

  async #find<T>(key: string, read: (path: string) => Promise<T>): Promise<T | undefined> {
    const { folders, file } = split(key)
    try {
      return await read(join(await descend(this.#root, folders, false), file))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }
}
