import type { Job, PictureRef, Timings } from '../infra/domain/job.ts'
import type { BlobStore } from '../infra/ports/blob-store.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { DecodedPicture, PictureCodec } from '../infra/ports/picture-codec.ts'
import type { OpenPicture, PictureSealer } from '../infra/ports/picture-sealer.ts'
import type { TaskItem } from './executor.ts'

export interface LoadDeps {
  readonly blobs: Pick<BlobStore, 'get'>
  readonly pictures: Pick<PictureCodec, 'decode'>
  readonly sealer: Pick<PictureSealer, 'opener'>
  readonly metrics: Metrics
  readonly clock: Clock
}

export interface LoadedItem {
  readonly item: TaskItem
  readonly timings: Pick<Timings, 'fetchMs' | 'decodeMs'>
}

/** The work's outcome, unless the signal fires first. What the work still does then interests nobody. */
const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort))
}

/** An upload that by-passed the api lies as the caller sent it. */
const opened = (open: OpenPicture | undefined, { name, sha256 }: PictureRef, bytes: Uint8Array): Uint8Array =>
  open && sha256 !== null ? open(name, bytes) : bytes

/**
 * A job's pictures, out of storage, opened and decoded, side by side.
 * @param signal ends it between two steps; a reading under way is not waited for
 * @throws the signal's reason
 * @throws BlobNotFoundError, BlobTooLargeError, StorageDeniedError, UnavailableError, InputError, KeyUnknownError,
 *   SealBrokenError
 */
export const loadItem = async (deps: LoadDeps, job: Job, signal: AbortSignal): Promise<LoadedItem> => {
  const { blobs, pictures, sealer, metrics, clock } = deps
  const { sealed } = job.input
  const opening = sealed && sealer.opener(job, sealed)
  const load = async (ref: PictureRef) => {
    const { name, key } = ref
    const start = clock.monotonic()
    const [bytes, open] = await Promise.all([blobs.get(key), opening])
    signal.throwIfAborted()
    const fetched = clock.monotonic()
    const picture = await pictures.decode(opened(open, ref, bytes), name)
    return { name, picture, fetchMs: fetched - start, decodeMs: clock.monotonic() - fetched }
  }
  const loaded = await unlessAborted(Promise.all(job.input.pictures.map(load)), signal)
  // Side by side: the slowest picture is what the job waited for.
  const fetchMs = Math.max(0, ...loaded.map((one) => one.fetchMs))
  const decodeMs = Math.max(0, ...loaded.map((one) => one.decodeMs))
  metrics.hop('fetch', job.task, fetchMs)
  metrics.hop('decode', job.task, decodeMs)
  const byName: Record<string, DecodedPicture> = {}
  for (const { name, picture } of loaded) byName[name] = picture
  return { item: { pictures: byName, options: job.input.options }, timings: { fetchMs, decodeMs } }
}
