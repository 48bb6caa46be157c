import type { DemandMinute } from '../infra/ports/demand-store.ts'
import { STEP_SECONDS } from './forecast/demand-series.ts'

/** One step of the forecast, in ms. */
export const STEP_MS = STEP_SECONDS * 1_000
const MINUTE_MS = 60_000
/** An api tells its demand every few seconds: what is younger may not be told yet. */
export const TELLING_MS = 6_000

/** How far demand is known as steps. */
export interface StepsSoFar {
  /** epoch ms; every step that ends until then is told */
  readonly until: number
  /** what was told of the minute that `until` lies in: half a minute is told before its minute is over (count) */
  readonly ofMinute: number
}

/** The steps that are over by an instant, as far as apis have told of them. @param now epoch ms */
export const lastStepEnd = (now: number): number => Math.floor((now - TELLING_MS) / STEP_MS) * STEP_MS

/**
 * Minutes as steps of half a minute, from where the last call stopped. The first half of a minute that is not over is told
 * from what came so far; the second is the rest, so that nothing is lost or told twice.
 * @param minutes with demand; a minute that is missing had none
 * @param now epoch ms
 */
export const demandSteps = (
  minutes: readonly DemandMinute[],
  so: StepsSoFar,
  now: number,
): { readonly steps: readonly number[]; readonly so: StepsSoFar } => {
  const byMinute = new Map(minutes.map(({ minute, offeredCount }) => [minute, offeredCount]))
  const end = lastStepEnd(now)
  const steps: number[] = []
  let ofMinute = so.ofMinute
  for (let at = so.until; at < end; at += STEP_MS) {
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS
    const total = byMinute.get(minute) ?? 0
    const isFirst = at === minute
    const requests = isFirst ? firstHalf(total, minute, now) : Math.max(0, total - ofMinute)
    ofMinute = isFirst ? requests : 0
    steps.push(requests)
  }
  return { steps, so: { until: Math.max(so.until, end), ofMinute } }
}

const firstHalf = (total: number, minute: number, now: number): number => {
  if (minute + MINUTE_MS <= now - TELLING_MS) return total / 2
  // On average what is told is half a telling old.
  const coveredMs = Math.min(MINUTE_MS, Math.max(STEP_MS, now - TELLING_MS / 2 - minute))
  return (total * STEP_MS) / coveredMs
}
