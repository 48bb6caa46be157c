import type { BlobStore } from '../../infra/ports/blob-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'

export interface SweepDeps {
  readonly blobs: Pick<BlobStore, 'list' | 'delete'>
  /** keys that stay whatever their age; asked only when something would go */
  readonly spared: () => Promise<ReadonlySet<string>>
  readonly metrics: Metrics
  readonly log: Logger
}

/** What is to be swept. */
export interface SweepOrder {
  /** folders whose keys go on with a UUIDv7 */
  readonly prefixes: readonly string[]
  readonly ttlMs: number
  /** epoch ms */
  readonly now: number
  /** why, in the count of what was deleted */
  readonly reason: 'age' | 'upload'
}

/** Deletions under way at once: enough to keep ahead of 260 new pictures a second, few enough for a small store. */
const CONCURRENCY = 32

/**
 * Delete pictures older than their time to live, whether or not a row still names them. Keys begin with a
 * time-ordered id, so the listing comes oldest first and ends at the first picture that may stay: a sweep costs as much
 * as it deletes, however many pictures are stored.
 * @returns how many were deleted
 */
export const sweep = async (
  { blobs, spared, metrics, log }: SweepDeps,
  { prefixes, ttlMs, now, reason }: SweepOrder,
  signal: AbortSignal,
): Promise<number> => {
  let sweptCount = 0
  let stay: ReadonlySet<string> | undefined
  for (const prefix of prefixes) {
    const overdue: string[] = []
    for await (const { key, modifiedAt } of blobs.list(prefix)) {
      if (signal.aborted || modifiedAt > now - ttlMs) break
      stay ??= await spared()
      if (stay.has(key)) continue
      overdue.push(key)
      if (overdue.length === CONCURRENCY) sweptCount += await deleteAll(blobs, overdue.splice(0))
    }
    sweptCount += await deleteAll(blobs, overdue)
  }
  metrics.count('pictures_swept', { reason }, sweptCount)
  if (sweptCount > 0) log.info({ sweptCount }, 'pictures deleted: their time to live was over')
  return sweptCount
}

const deleteAll = async (blobs: Pick<BlobStore, 'delete'>, keys: readonly string[]): Promise<number> => {
  await Promise.all(keys.map((key) => blobs.delete(key)))
  return keys.length
}
