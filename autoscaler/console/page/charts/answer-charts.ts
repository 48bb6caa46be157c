import type { Minute } from '../state/resources.ts'
import { amount, duration, percent } from '../words/numbers.ts'
import { nowAndHighest, shareOver } from '../words/summaries.ts'
import { fromMinutes, type PoolChart } from './picture.ts'

/** What callers may expect: 95 % of answers are there by then. */
export const PROMISED_MS = 3_000

/** How long callers waited for their answers. */
export const latencyChart: PoolChart = {
  spec: {
    title: 'Time to answer',
    unit: 'what callers waited',
    lines: [
      { name: 'p50', colour: 'blue', dash: [6, 3] },
      { name: 'p95', colour: 'orange', width: 2.5 },
      { name: 'p99', colour: 'purple', dash: [2, 3] },
    ],
    limit: { value: PROMISED_MS, name: '3 s' },
    words: duration,
    tick: (ms) => `${amount(ms / 1_000)} s`,
    leastTop: 3_600,
  },
  linesOf: (picture) =>
    (['p50Ms', 'p95Ms', 'p99Ms'] as const).map((member) => fromMinutes(picture, ({ wait }) => wait[member])),
  summaryOf: ([, p95], { now }) => {
    const over = p95 && shareOver(p95, PROMISED_MS)
    const share =
      over === undefined ? '' : over === 0 ? ' Never over 3 s.' : ` Over 3 s in ${percent(over)} of this time.`
    return `${nowAndHighest('p95', p95, duration, now)}${share}`
  },
}

/** Ends that are our fault. What the request itself was wrong about is not. */
const ERRORS = ['service-fault', 'expired', 'error'] as const
/** Wrong requests are no part of what was to be answered. */
const NO_PART: ReadonlySet<string> = new Set(['invalid'])

/** The share of a minute's requests that were answered in one of these ways; null = there were none. */
export const shareOf = ({ answered }: Pick<Minute, 'answered'>, kinds: readonly string[]): number | null => {
  const all = Object.entries(answered).reduce((sum, [kind, times]) => sum + (NO_PART.has(kind) ? 0 : times), 0)
  return all === 0 ? null : kinds.reduce((sum, kind) => sum + (answered[kind] ?? 0), 0) / all
}

/** How many were not answered, and why. */
export const failuresChart: PoolChart = {
  spec: {
    title: 'Errors and refusals',
    unit: 'share of requests',
    lines: [
      { name: 'errors', colour: 'red', width: 2.25 },
      { name: 'refused', colour: 'orange', dash: [6, 3], width: 2 },
      { name: 'over quota', colour: 'grey', dash: [2, 3] },
    ],
    words: percent,
    tick: percent,
    leastTop: 0.02,
  },
  linesOf: (picture) =>
    [ERRORS, ['refused'], ['over-quota']].map((kinds) => fromMinutes(picture, (minute) => shareOf(minute, kinds))),
  summaryOf: ([errors, refused], { now }) =>
    `${nowAndHighest('Errors', errors, percent, now)} ${nowAndHighest('Refused', refused, percent, now)}`,
}
