import { BlobNotFoundError, BlobTooLargeError } from '../../infra/domain/errors.ts'
import { keySegments, prefixSegments } from '../../infra/object-storage/keys.ts'
import { createUploadSigner } from '../../infra/object-storage/upload-signer.ts'
import type { BlobInfo, BlobStore } from '../../infra/ports/blob-store.ts'
import type { UploadGate } from '../../infra/ports/upload-gate.ts'

interface Stored extends BlobInfo {
  readonly body: Uint8Array
}

/** A blob store in memory, for unit tests of use cases. Passes the port's contract suite. */
export interface MemoryBlobStore extends BlobStore {
  /** lets uploads through that this store signed */
  readonly gate: UploadGate
  /** every key now stored, in order */
  keys(): readonly string[]
}

/** @param publicUrl where a test serves signed uploads; any address will do when none is performed */
export const createMemoryBlobStore = (publicUrl = 'http://127.0.0.1:1'): MemoryBlobStore => {
  const objects = new Map<string, Stored>()
  const signer = createUploadSigner({ secret: 'only-for-tests-only-for-tests-only', publicUrl })
  const infoOf = ({ body: _, ...info }: Stored): BlobInfo => info
  const keys = () => [...objects.keys()].sort()
  return {
    gate: signer,
    keys,
    async put(key, body, contentType) {
      keySegments(key)
      objects.set(key, { key, contentType, bytes: body.length, modifiedAt: Date.now(), body: Uint8Array.from(body) })
    },
    async get(key, maxBytes = Number.POSITIVE_INFINITY) {
      keySegments(key)
      const found = objects.get(key)
      if (!found) throw new BlobNotFoundError(key)
      if (found.bytes > maxBytes) throw new BlobTooLargeError(key)
      return Uint8Array.from(found.body)
    },
    async head(key) {
      keySegments(key)
      const found = objects.get(key)
      return found && infoOf(found)
    },
    async delete(key) {
      keySegments(key)
      objects.delete(key)
    },
    async *list(prefix) {
      prefixSegments(prefix)
      for (const key of keys().filter((name) => name.startsWith(prefix))) {
        const found = objects.get(key)
        if (found) yield infoOf(found)
      }
    },
    signUpload: async (key, limits) => signer.sign(key, limits, Date.now()),
    close: async () => {},
  }
}
