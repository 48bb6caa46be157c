import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobNotFoundError, StorageDeniedError, UnavailableError } from '../domain/errors.ts'
import type { BlobEntry, BlobInfo, BlobStore } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { UploadGate } from '../ports/upload-gate.ts'
import { bounded, SERVICE } from './bounded.ts'
import { readInfo, readObject, TRAILER_BYTES, writeObject } from './fs-object.ts'
import { descend, INCOMING, isMissing, objectName, pruneEmpty, syncDirectory, walkKeys } from './fs-tree.ts'
import { keySegments, prefixSegments } from './keys.ts'
import { StorageUrlError } from './storage-url-error.ts'
import { createUploadSigner, type UploadSigning } from './upload-signer.ts'

/** What the fs driver needs. */
export interface FsOptions {
  /** absolute path; made when the first object is put */
  readonly root: string
  readonly timeoutMs: number
  readonly clock: Clock
  /** needed by the api only: uploads pass through it */
  readonly uploads?: UploadSigning | undefined
}

/** The fs driver, and what lets its signed uploads through; without `uploads` there is no gate. */
export interface FsBlobStore {
  readonly store: BlobStore
  readonly gate: UploadGate | undefined
}

/** A file this old in the incoming folder was left by a process that died. */
const ABANDONED_MS = 3_600_000
/** A delete may remove the folder between our making it and our using it; each turn needs another such accident. */
const RENAME_TURNS = 20

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS', 'ELOOP'])

const translate = (error: unknown) => {
  const { code } = error as { code?: string }
  return code && DENIED.has(code) ? new StorageDeniedError(error) : new UnavailableError(SERVICE, error)
}

/** The folder may be gone again: somebody deleted the object, and there is nothing left to make durable. */
const unlessMissing = (error: unknown): void => {
  if (!isMissing(error)) throw error
}

/**
 * Objects as files below one directory, for one machine or a shared file system. Readers never see half an object, and
 * what was put survives a power cut.
 * @throws StorageUrlError when `uploads` cannot be used
 */
export const createFsBlobStore = ({ root, timeoutMs, clock, uploads }: FsOptions): FsBlobStore => {
  const signer = uploads && createUploadSigner(uploads)
  const incoming = join(root, INCOMING)
  // A file system has no hiccups that a second attempt mends.
  const run = <T>(call: () => Promise<T>): Promise<T> => bounded({ timeoutMs, attemptCount: 1 }, translate, call)
  const split = (key: string) => {
    const segments = keySegments(key)
    return { folders: segments.slice(0, -1), file: objectName(segments.at(-1) ?? '') }
  }

  let prepared: Promise<void> | undefined
  const prepare = async (): Promise<void> => {
    await mkdir(incoming, { recursive: true, mode: 0o700 })
    for (const name of await readdir(incoming)) {
      const path = join(incoming, name)
      const info = await stat(path).catch(() => undefined)
      if (info && clock.now() - info.mtimeMs > ABANDONED_MS) await rm(path, { force: true })
    }
  }

  const moveTo = async (temporary: string, folders: readonly string[], file: string): Promise<string> => {
    for (let turnsLeft = RENAME_TURNS; ; turnsLeft -= 1) {
      try {
        const folder = await descend(root, folders, true)
        await rename(temporary, join(folder, file))
        return folder
      } catch (error) {
        if (!isMissing(error) || turnsLeft === 0) throw error
      }
    }
  }

  const find = async <T>(key: string, read: (path: string) => Promise<T>): Promise<T | undefined> => {
    const { folders, file } = split(key)
    try {
      return await read(join(await descend(root, folders, false), file))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  const entryOf = async (key: string): Promise<BlobEntry | undefined> =>
    find(key, async (path) => {
      const { size, mtimeMs } = await lstat(path)
      return { key, bytes: size - TRAILER_BYTES, modifiedAt: Math.floor(mtimeMs) }
    })

  const store: BlobStore = {
    put(key, body, contentType) {
      return run(async () => {
        const { folders, file } = split(key)
        const temporary = join(incoming, randomUUID())
        try {
          prepared ??= prepare()
          await prepared
          await writeObject(temporary, body, contentType)
          await syncDirectory(await moveTo(temporary, folders, file)).catch(unlessMissing)
        } catch (error) {
          prepared = undefined
          await rm(temporary, { force: true })
          throw error
        }
      })
    },
    get(key, maxBytes = Number.POSITIVE_INFINITY) {
      return run(async () => {
        const body = await find(key, (path) => readObject(path, key, maxBytes))
        if (!body) throw new BlobNotFoundError(key)
        return body
      })
    },
    head: (key) => run(() => find(key, async (path): Promise<BlobInfo> => ({ key, ...(await readInfo(path)) }))),
    delete(key) {
      return run(async () => {
        const { folders } = split(key)
        await find(key, unlink)
        await pruneEmpty(root, folders)
      })
    },
    async *list(prefix) {
      const keys = walkKeys(root, prefixSegments(prefix))
      for (;;) {
        const { value: key, done } = await run(() => keys.next())
        if (done) return
        const entry = await run(() => entryOf(key))
        if (entry) yield entry
      }
    },
    async signUpload(key, limits) {
      if (!signer) throw new StorageUrlError(['uploads need a secret and the public address of the api'])
      return signer.sign(key, limits, clock.now())
    },
    async close() {},
  }
  return { store, gate: signer }
}
