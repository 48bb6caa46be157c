import type { BlobStore } from '../../infra/ports/blob-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'

export interface SweepDeps {
  readonly blobs: Pick<BlobStore, 'list' | 'delete'>
  readonly metrics: Metrics
  readonly log: Logger
}

/** Deletions under way at once: enough to keep ahead of 260 new pictures a second, few enough for a small store. */
const CONCURRENCY = 32

/**
 * Delete pictures older than their time to live, whether or not a row still names them. Keys begin with a
 * time-ordered id, so the listing comes oldest first and ends at the first picture that may stay: a sweep costs as much
 * as it deletes, however many pictures are stored.
 * @param prefixes folders whose keys go on with a UUIDv7
 * @param now epoch ms
 * @returns how many were deleted
 */
export const sweep = async (
  { blobs, metrics, log }: SweepDeps,
  { prefixes, ttlMs, now }: { readonly prefixes: readonly string[]; readonly ttlMs: number; readonly now: number },
  signal: AbortSignal,
): Promise<number> => {
  let sweptCount = 0
  for (const prefix of prefixes) {
    const overdue: string[] = []
    for await (const { key, modifiedAt } of blobs.list(prefix)) {
      if (signal.aborted || modifiedAt > now - ttlMs) break
      overdue.push(key)
      if (overdue.length === CONCURRENCY) sweptCount += await deleteAll(blobs, overdue.splice(0))
    }
    sweptCount += await deleteAll(blobs, overdue)
  }
  metrics.count('pictures_swept', {}, sweptCount)
  if (sweptCount > 0) log.info({ sweptCount }, 'pictures deleted: their time to live was over')
  return sweptCount
}

const deleteAll = async (blobs: Pick<BlobStore, 'delete'>, keys: readonly string[]): Promise<number> => {
  await Promise.all(keys.map((key) => blobs.delete(key)))
  return keys.length
}
