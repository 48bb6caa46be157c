import type { MinuteStore } from '../infra/ports/minute-store.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** A week can be looked at, and a day more for whoever looks late. */
const KEEP_MS = 8 * DAY_MS
/** What is told late of an hour is little. */
const ONE_ROW_MS = HOUR_MS
/** A day is looked at by the minute; of what is older so many are one. */
export const COARSE = { afterMs: 25 * HOUR_MS, minutes: 10 } as const
/** Done in well under a second. */
const LIMIT = 5_000

/**
 * One round: minutes older than an hour become one row a series, older than a day one of ten minutes, and what is older than eight
 * days goes.
 * @param now epoch ms
 * @throws UnavailableError
 */
export const keepMinutes = async (
  minutes: Pick<MinuteStore, 'rollUp' | 'forget'>,
  now: number,
  signal?: AbortSignal,
): Promise<void> => {
  await minutes.forget(now - KEEP_MS)
  const rollUp = async (before: number, stepMs: number): Promise<void> => {
    while (!signal?.aborted && (await minutes.rollUp(before, stepMs, LIMIT)) >= LIMIT);
  }
  await rollUp(now - ONE_ROW_MS, MINUTE_MS)
  await rollUp(now - COARSE.afterMs, COARSE.minutes * MINUTE_MS)
}
