/** One step of a measurement: a rate that was kept for a while, and what came of it. Rates in checks a second. */
export interface RampStep {
  readonly rate: number
  readonly doneRate: number
  readonly p95Ms: number | undefined
  /** refused or failed (count) */
  readonly badCount: number
  /** kept long enough to be believed */
  readonly hold: boolean
}

/** What to do next. */
export type RampMove =
  | { readonly kind: 'run'; readonly rate: number; readonly hold: boolean }
  | { readonly kind: 'found'; readonly rate: number; readonly p95Ms: number }
  /** not even the smallest rate can be held */
  | { readonly kind: 'none' }

const GROWTH = 1.25
/** After a rate could not be held. */
const BACK_OFF = 0.93
/** Callers get what they ask for, but for what is still under way when a step ends. */
const LEAST_DONE_SHARE = 0.93
const LEAST_RATE = 0.05
/** Rates that could not be held before it is given up. */
const MAX_HOLDS = 12

/** Did a step stay within the objective? @param sloMs for the 95th percentile */
export const isWithin = ({ rate, doneRate, p95Ms, badCount }: RampStep, sloMs: number): boolean =>
  badCount === 0 && p95Ms !== undefined && p95Ms <= sloMs && doneRate >= rate * LEAST_DONE_SHARE

/**
 * Climb until the objective breaks, then hold the last rate that was fine; where it cannot be held, a little less. A short
 * step can be lucky, so only a held rate counts.
 * @param steps so far, oldest first
 */
export const nextMove = (steps: readonly RampStep[], sloMs: number, firstRate: number): RampMove => {
  const last = steps.at(-1)
  if (!last) return { kind: 'run', rate: Math.max(LEAST_RATE, firstRate), hold: false }
  const fine = isWithin(last, sloMs)
  if (last.hold) {
    if (fine) return { kind: 'found', rate: last.rate, p95Ms: last.p95Ms ?? 0 }
    const lower = last.rate * BACK_OFF
    const tooMany = steps.filter(({ hold }) => hold).length >= MAX_HOLDS
    return lower < LEAST_RATE || tooMany ? { kind: 'none' } : { kind: 'run', rate: lower, hold: true }
  }
  if (fine) return { kind: 'run', rate: last.rate * GROWTH, hold: false }
  const best = steps.filter((step) => isWithin(step, sloMs)).map(({ rate }) => rate)
  // The first step was too much already: what was done within it is a better guess than what was asked.
  const rate = best.length > 0 ? Math.max(...best) : Math.min(last.doneRate, last.rate) * BACK_OFF
  return rate < LEAST_RATE ? { kind: 'none' } : { kind: 'run', rate, hold: true }
}
