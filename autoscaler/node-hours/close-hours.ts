import type { DecisionStore } from '../../infra/ports/decision-store.ts'
import type { NodeHour, NodeHourStore } from '../../infra/ports/node-hour-store.ts'
import { HOLDS_MS, HOUR_MS, hourOf, nodeHours } from './node-hours.ts'

/** Where node time is read from and kept. */
export interface HoursDeps {
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly nodeHours: Pick<NodeHourStore, 'keep' | 'newest'>
}

/** A look may still be on its way into the database. */
const LATE_MS = 5 * 60_000
/** Of a pool that no hour is kept of yet, so much is looked back at. */
const LOOK_BACK_MS = 7 * 86_400_000
/** Looks of an hour: one in five seconds at most is kept. */
const MOST_LOOKS = 1_000

/** One hour of a pool as its looks saw it, so far. @param hour epoch ms of its start @param now epoch ms @throws UnavailableError */
export const readHour = async (
  decisions: HoursDeps['decisions'],
  pool: string,
  hour: number,
  now: number,
): Promise<readonly NodeHour[]> => {
  const looks = await decisions.list({ pool, since: hour - HOLDS_MS, before: hour + HOUR_MS, limit: MOST_LOOKS })
  return nodeHours(pool, hour, looks.toReversed(), now)
}

/**
 * Hours of a pool that are not kept yet, the one that runs now included.
 * @param from epoch ms @param now epoch ms @throws UnavailableError
 */
export const openHours = async (
  { decisions, nodeHours: store }: HoursDeps,
  pool: string,
  from: number,
  now: number,
): Promise<readonly NodeHour[]> => {
  const newest = await store.newest(pool)
  const rows: NodeHour[] = []
  let hour = Math.max(hourOf(from), newest === undefined ? hourOf(now - LOOK_BACK_MS) : newest + HOUR_MS)
  for (; hour < now; hour += HOUR_MS) rows.push(...(await readHour(decisions, pool, hour, now)))
  return rows.filter(({ observedMs }) => observedMs > 0)
}

/**
 * Keep the node time of every hour that is over and not kept yet.
 * @param now epoch ms
 * @throws UnavailableError; what was kept until then stays
 */
export const closeHours = async (
  { decisions, nodeHours: store }: HoursDeps,
  pools: readonly string[],
  now: number,
  signal?: AbortSignal,
): Promise<void> => {
  for (const pool of pools) {
    const newest = await store.newest(pool)
    let isKnown = newest !== undefined
    const start = newest === undefined ? hourOf(now - LOOK_BACK_MS) : newest + HOUR_MS
    for (let hour = start; hour + HOUR_MS <= now - LATE_MS && !signal?.aborted; hour += HOUR_MS) {
      const rows = await readHour(decisions, pool, hour, now)
      isKnown ||= rows.some(({ observedMs }) => observedMs > 0)
      // Before its first look a pool was not there.
      if (isKnown) await store.keep(rows)
    }
  }
}
