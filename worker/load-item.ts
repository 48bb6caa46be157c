import type { Job, Timings } from '../infra/domain/job.ts'
import type { BlobStore } from '../infra/ports/blob-store.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { DecodedPicture, PictureCodec } from '../infra/ports/picture-codec.ts'
import type { TaskItem } from './executor.ts'

export interface LoadDeps {
  readonly blobs: Pick<BlobStore, 'get'>
  readonly pictures: Pick<PictureCodec, 'decode'>
  readonly metrics: Metrics
  readonly clock: Clock
}

export interface LoadedItem {
  readonly item: TaskItem
  readonly timings: Pick<Timings, 'fetchMs' | 'decodeMs'>
}

/**
 * A job's pictures, out of storage and decoded, side by side.
 * @throws BlobNotFoundError, BlobTooLargeError, StorageDeniedError, UnavailableError, InputError
 */
export const loadItem = async ({ blobs, pictures, metrics, clock }: LoadDeps, job: Job): Promise<LoadedItem> => {
  const load = async ({ name, key }: Job['input']['pictures'][number]) => {
    const start = clock.monotonic()
    const bytes = await blobs.get(key)
    const fetched = clock.monotonic()
    const picture = await pictures.decode(bytes, name)
    return { name, picture, fetchMs: fetched - start, decodeMs: clock.monotonic() - fetched }
  }
  const loaded = await Promise.all(job.input.pictures.map(load))
  // Side by side: the slowest picture is what the job waited for.
  const fetchMs = Math.max(0, ...loaded.map((one) => one.fetchMs))
  const decodeMs = Math.max(0, ...loaded.map((one) => one.decodeMs))
  metrics.hop('fetch', job.task, fetchMs)
  metrics.hop('decode', job.task, decodeMs)
  const byName: Record<string, DecodedPicture> = {}
  for (const { name, picture } of loaded) byName[name] = picture
  return { item: { pictures: byName, options: job.input.options }, timings: { fetchMs, decodeMs } }
}
