import type { WrappedKey } from '../domain/job.ts'

/**
 * Whatever holds the key-encryption keys: a file, a key management service. A data key leaves it wrapped by the present
 * key-encryption key and comes back under whichever one wrapped it, so that keys can be rotated without touching a row.
 * @throws KeyUnknownError when the key that wrapped it is not there (any more)
 * @throws SealBrokenError when it was wrapped for another context or was changed
 * @throws UnavailableError when a service does not answer
 */
export interface KeyWrap {
  /** @param context what the data key is for: wrapped for one context it does not unwrap in another */
  wrap(dataKey: Uint8Array, context: string): Promise<WrappedKey>
  unwrap(wrapped: WrappedKey, context: string): Promise<Uint8Array>
}
