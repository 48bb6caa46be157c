import type { BlobStore } from '../../infra/ports/blob-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { RetentionStore } from '../../infra/ports/retention-store.ts'
import { PICTURES_PREFIX } from '../store-pictures.ts'

/** What the sweep of orphans needs. */
export interface OrphanDeps {
  readonly retention: Pick<RetentionStore, 'holders'>
  readonly blobs: Pick<BlobStore, 'list' | 'delete'>
  readonly metrics: Metrics
  readonly log: Logger
}

/** Pictures come before their row, by seconds at most: a younger one may still get its row. */
const ORPHAN_MS = 3_600_000
/** Pictures looked at in one place in one round. */
const SAMPLE_COUNT = 1_000
/** Of the 12 digits of a key's time: the rest is 65 s, which is what a sample is taken from. */
const WINDOW_DIGITS = 8
const TIME_DIGITS = 12

const JOB_ID = /^pictures\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//

/** The keys of a minute begin like this. @param at epoch ms */
export const windowPrefix = (at: number): string =>
  `${PICTURES_PREFIX}${at.toString(16).padStart(TIME_DIGITS, '0').slice(0, WINDOW_DIGITS)}`

/**
 * Compare storage with the rows: pictures that no row accounts for are deleted, whatever their age, once it is certain that
 * none will come. Looks at the oldest pictures and at those of one minute picked at random, a thousand each, so that a
 * round costs the same however many are stored; what no sample meets is deleted when its longest time is over.
 * @returns the round; `now` in epoch ms, `random` in 0..1, `longestMs` how long a picture may be stored at most
 */
export const createOrphanSweep = ({ retention, blobs, metrics, log }: OrphanDeps) => {
  let leftCount = 0
  metrics.gauge('muster_pictures_orphaned', 'Pictures no row accounts for, found and not deleted yet', () => leftCount)

  const sample = async (prefix: string, now: number): Promise<ReadonlyMap<string, readonly string[]>> => {
    const byJob = new Map<string, string[]>()
    let count = 0
    for await (const { key, modifiedAt } of blobs.list(prefix)) {
      count += 1
      if (count > SAMPLE_COUNT || modifiedAt > now - ORPHAN_MS) break
      const id = JOB_ID.exec(key)?.[1]
      if (id !== undefined) byJob.set(id, [...(byJob.get(id) ?? []), key])
    }
    return byJob
  }

  return async (now: number, random: number, longestMs: number): Promise<number> => {
    const at = now - ORPHAN_MS - random * Math.max(0, longestMs - ORPHAN_MS)
    const found = [...(await sample(PICTURES_PREFIX, now)), ...(await sample(windowPrefix(Math.floor(at)), now))]
    const byJob = new Map(found)
    const holders = byJob.size === 0 ? new Set<string>() : await retention.holders([...byJob.keys()])
    const orphans = [...byJob].flatMap(([id, keys]) => (holders.has(id) ? [] : keys))
    const outcomes = await Promise.allSettled(orphans.map((key) => blobs.delete(key)))
    leftCount = outcomes.filter(({ status }) => status === 'rejected').length
    const sweptCount = orphans.length - leftCount
    metrics.count('pictures_swept', { reason: 'orphan' }, sweptCount)
    if (orphans.length > 0) log.warn({ sweptCount, leftCount }, 'pictures deleted that no row accounts for')
    return sweptCount
  }
}
