import type { Readable } from 'node:stream'
import { type AppError, BlobNotFoundError } from '../domain/errors.ts'
import type { BlobEntry, BlobInfo, BlobStore, SignedUpload, UploadLimits } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import { bounded } from './bounded.ts'
import { keySegments, prefixSegments } from './keys.ts'
import { readWhole } from './read-whole.ts'

/** Objects of one page of a listing, in key order. */
export interface Page {
  readonly entries: readonly BlobEntry[]
  /** where the next page begins; undefined after the last one */
  readonly next: string | undefined
}

/**
 * What a client library must be able to do to become a blob store: one attempt at one call each, in the library's own
 * errors. Keys, retries, time limits and whole bodies are the store's business.
 */
export interface ObjectDriver {
  put(key: string, body: Uint8Array, contentType: string, signal: AbortSignal): Promise<void>
  /** @returns the body, and how many bytes the server promised */
  get(key: string, signal: AbortSignal): Promise<{ readonly stream: Readable; readonly bytes: number | undefined }>
  head(key: string, signal: AbortSignal): Promise<BlobInfo>
  delete(key: string, signal: AbortSignal): Promise<void>
  list(prefix: string, from: string | undefined, signal: AbortSignal): Promise<Page>
  /** @param now epoch ms */
  signUpload(key: string, limits: UploadLimits, now: number, signal: AbortSignal): Promise<SignedUpload>
  /** @param key the object the call was about; undefined for a listing */
  translate(error: unknown, key: string | undefined): AppError
  close(): void
}

/** Enough for one lost keep-alive connection and one hiccup behind it; the call's time limit holds for all of them. */
const ATTEMPT_COUNT = 3

const unlessNotFound = (error: unknown): undefined => {
  if (error instanceof BlobNotFoundError) return undefined
  throw error
}

/** A blob store over a client library. */
export const createRemoteBlobStore = (
  driver: ObjectDriver,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): BlobStore => {
  const run = <T>(key: string | undefined, call: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    bounded({ timeoutMs, attemptCount: ATTEMPT_COUNT }, (error) => driver.translate(error, key), call)

  return {
    async put(key, body, contentType) {
      keySegments(key)
      await run(key, (signal) => driver.put(key, body, contentType, signal))
    },
    async get(key, maxBytes = Number.POSITIVE_INFINITY) {
      keySegments(key)
      return run(key, async (signal) => {
        const { stream, bytes } = await driver.get(key, signal)
        return readWhole(stream, { key, bytes, maxBytes }, signal)
      })
    },
    async head(key) {
      keySegments(key)
      return run(key, (signal) => driver.head(key, signal)).catch(unlessNotFound)
    },
    async delete(key) {
      keySegments(key)
      await run(key, (signal) => driver.delete(key, signal)).catch(unlessNotFound)
    },
    async *list(prefix) {
      prefixSegments(prefix)
      let from: string | undefined
      do {
        const after = from
        const { entries, next } = await run(undefined, (signal) => driver.list(prefix, after, signal))
        yield* entries
        from = next
      } while (from !== undefined)
    },
    async signUpload(key, limits) {
      keySegments(key)
      return run(key, (signal) => driver.signUpload(key, limits, clock.now(), signal))
    },
    async close() {
      driver.close()
    },
  }
}
