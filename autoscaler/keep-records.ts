import type { BootRecord } from '../infra/ports/boot-record.ts'
import type { DemandStore } from '../infra/ports/demand-store.ts'

const DAY_MS = 86_400_000
/** Five weeks: the forecast looks back four, and a day more for what is told late is nothing. */
const KEEP_MS = 35 * DAY_MS
/** Whoever could not reach the database for a day has nothing to add to what is older. */
const CLOSE_MS = DAY_MS
/** Done in well under a second, during which nobody can tell of demand. */
const LIMIT = 5_000

/**
 * One round of housekeeping: minutes older than a day become one row each, and what is older than five weeks goes.
 * @param now epoch ms
 * @throws UnavailableError
 */
export const keepRecords = async (
  { demand, boots }: { demand: Pick<DemandStore, 'rollUp' | 'forget'>; boots: Pick<BootRecord, 'forget'> },
  now: number,
  signal?: AbortSignal,
): Promise<void> => {
  await demand.forget(now - KEEP_MS)
  await boots.forget(now - KEEP_MS)
  while (!signal?.aborted && (await demand.rollUp(now - CLOSE_MS, LIMIT)) >= LIMIT);
}
