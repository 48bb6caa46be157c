import { BlobNotFoundError, StorageDeniedError, UnavailableError } from '../domain/errors.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { UploadGate } from '../ports/upload-gate.ts'
import { bounded, SERVICE } from './bounded.ts'
import { FsFolder } from './fs-folder.ts'
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

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS', 'ELOOP'])

const translate = (error: unknown) => {
  const { code } = error as { code?: string }
  return code && DENIED.has(code) ? new StorageDeniedError(error) : new UnavailableError(SERVICE, error)
}

/**
 * Objects as files below one directory, for one machine or a shared file system. Readers never see half an object, and
 * what was put survives a power cut.
 * @throws StorageUrlError when `uploads` cannot be used
 */
export const createFsBlobStore = ({ root, timeoutMs, clock, uploads }: FsOptions): FsBlobStore => {
  const folder = new FsFolder(root, clock)
  const signer = uploads && createUploadSigner(uploads)
  // A file system has no hiccups that a second attempt mends.
  const run = <T>(call: () => Promise<T>): Promise<T> => bounded({ timeoutMs, attemptCount: 1 }, translate, call)

  const store: BlobStore = {
    put: (key, body, contentType) => run(() => folder.put(key, body, contentType)),
    get: (key, maxBytes = Number.POSITIVE_INFINITY) =>
      run(async () => {
        const body = await folder.get(key, maxBytes)
        if (!body) throw new BlobNotFoundError(key)
        return body
      }),
    head: (key) => run(() => folder.head(key)),
    delete: (key) => run(() => folder.delete(key)),
    async *list(prefix) {
      const keys = folder.keys(prefix)
      for (;;) {
        const { value: key, done } = await run(() => keys.next())
        if (done) return
        const entry = await run(() => folder.entry(key))
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
