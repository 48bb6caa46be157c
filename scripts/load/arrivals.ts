import { setTimeout as pause } from 'node:timers/promises'

/** Callers who come when they come: a slow answer does not make the next one wait. */
export interface Arrivals {
  /** @param elapsedMs since the beginning @returns checks a second */
  readonly rate: (elapsedMs: number) => number
  readonly durationMs: number
  /** begins one check; what comes of it is the caller's to note. It must not throw */
  readonly send: () => Promise<void>
  readonly signal: AbortSignal
}

const TICK_MS = 20

/**
 * How many are due after one more tick. The part of one that is left is carried on, so that 0.3 a second is three in
 * ten seconds.
 */
export const due = (
  carried: number,
  perSecond: number,
  ms: number,
): { readonly count: number; readonly rest: number } => {
  const sum = carried + (Math.max(0, perSecond) * ms) / 1000
  const count = Math.floor(sum)
  return { count, rest: sum - count }
}

/** Send until the time is over or `signal` says so, then wait for what is under way. */
export const keepArriving = async ({ rate, durationMs, send, signal }: Arrivals): Promise<void> => {
  const startedAt = performance.now()
  const under = new Set<Promise<void>>()
  let last = startedAt
  let carried = 0
  while (!signal.aborted && performance.now() - startedAt < durationMs) {
    await pause(TICK_MS)
    const now = performance.now()
    // By the time that went by, not by ticks: a timer that comes late must not lower the rate.
    const { count, rest } = due(carried, rate(now - startedAt), now - last)
    carried = rest
    last = now
    for (let index = 0; index < count; index += 1) {
      const sent = send().finally(() => under.delete(sent))
      under.add(sent)
    }
  }
  await Promise.all(under)
}
