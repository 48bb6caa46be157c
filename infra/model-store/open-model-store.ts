import type { BlobStore } from '../ports/blob-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { ModelStore } from '../ports/model-store.ts'
import { systemClock } from '../runtime/clock.ts'
import { createModelStore } from './model-store.ts'
import { readTrustedKeys } from './signing-keys.ts'

/** The variables that name published models, once there is anything to name. */
export interface ModelLocation {
  readonly MODELS_URL?: string
  readonly MODELS_PUBLIC_KEYS_FILE?: string
  readonly MODELS_CACHE_DIR?: string
  readonly MODELS_CACHE_BYTES: number
  readonly MODELS_TIMEOUT_MS: number
}

/**
 * Open the published models that a configuration names. Nothing is fetched.
 * @param openBlobs opens object storage by its url
 * @returns undefined when it names none
 * @throws SigningKeyError when the trusted keys cannot be used
 */
export const openModelStore = (
  config: ModelLocation,
  openBlobs: (url: string) => BlobStore,
  log: Logger,
): ModelStore | undefined => {
  const { MODELS_URL: url, MODELS_PUBLIC_KEYS_FILE: keys, MODELS_CACHE_DIR: cacheDir } = config
  if (url === undefined || keys === undefined || cacheDir === undefined) return undefined
  return createModelStore({
    blobs: openBlobs(url),
    trusted: readTrustedKeys(keys),
    cacheDir,
    cacheBytes: config.MODELS_CACHE_BYTES,
    timeoutMs: config.MODELS_TIMEOUT_MS,
    clock: systemClock,
    log,
  })
}
