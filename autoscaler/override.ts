import type { Override } from '../infra/domain/scaling.ts'

const HOUR_MS = 3_600_000
/** An override that is forgotten must not outlive the day it was meant for. */
export const DEFAULT_OVERRIDE_MS = 2 * HOUR_MS
/** Longer takes a second person. */
export const MAX_ALONE_MS = 24 * HOUR_MS

/** Of a pool's overrides that have not expired the newest holds; the others are history. @param now epoch ms */
export const activeOverride = (overrides: readonly Override[], pool: string, now: number): Override | undefined =>
  overrides
    .filter((one) => one.pool === pool && one.createdAt <= now && now < one.expiresAt)
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))[0]

/** Does it need a second person? @param durationMs asked for */
export const needsSecond = (durationMs: number): boolean => durationMs > MAX_ALONE_MS
