const HOUR = 3_600_000

/** How far back charts go, and how far ahead of now. Lengths in ms. */
export interface Range {
  readonly name: string
  readonly words: string
  readonly backMs: number
  readonly aheadMs: number
}

/** What can be chosen. The future takes about a quarter of the picture. */
export const RANGES: readonly Range[] = [
  { name: '1h', words: 'last hour', backMs: HOUR, aheadMs: HOUR / 3 },
  { name: '3h', words: 'last 3 hours', backMs: 3 * HOUR, aheadMs: HOUR },
  { name: '12h', words: 'last 12 hours', backMs: 12 * HOUR, aheadMs: 4 * HOUR },
  { name: '24h', words: 'last 24 hours', backMs: 24 * HOUR, aheadMs: 8 * HOUR },
  { name: '7d', words: 'last 7 days', backMs: 7 * 24 * HOUR, aheadMs: 24 * HOUR },
]

/** Where one begins to look. */
export const DEFAULT_RANGE = RANGES[1] as Range
