import { Forecaster } from '../../../autoscaler/forecast/forecaster.ts'
import { arrivalsOf } from '../../../autoscaler/simulate/trace.ts'

/** One evaluation is to take no longer, in ms. */
const LIMIT_MS = 50
const HISTORY_DAYS = 14
const MINUTES_PER_DAY = 1_440
const EVALUATIONS = 240

/** How long it takes to say what comes, against what it may take. */
export interface ForecastSpeed {
  /** minutes of history that were learned from first (count), and how long that took at once */
  readonly historyMinutes: number
  readonly learningMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** of the limit of 50 ms */
  readonly toLimit: number
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

/** Learn two weeks of minutes, then measure single evaluations: a step observed, everything forecast, every rival scaled. */
export const measureForecast = (): ForecastSpeed => {
  const minutes = HISTORY_DAYS * MINUTES_PER_DAY + EVALUATIONS
  const rates = Array.from(
    { length: minutes },
    (_, minute) => 200 - 180 * Math.cos((2 * Math.PI * minute) / MINUTES_PER_DAY),
  )
  const arrivals = arrivalsOf({ startAt: 0, intervalMinutes: 1, rates })
  const steps = Array.from(
    { length: minutes * 2 },
    (_, step) => (arrivals[2 * step] ?? 0) + (arrivals[2 * step + 1] ?? 0),
  )
  const forecaster = new Forecaster({ capacity: 10, bootSteps: 6, minCount: 1, maxCount: 100 })
  const known = HISTORY_DAYS * MINUTES_PER_DAY * 2
  const since = performance.now()
  for (const requests of steps.slice(0, known)) forecaster.observe(requests)
  const learningMs = performance.now() - since
  const took = steps.slice(known).map((requests) => {
    const began = performance.now()
    forecaster.observe(requests)
    return performance.now() - began
  })
  took.sort((a, b) => a - b)
  const [p50Ms, p95Ms] = [quantile(took, 0.5), quantile(took, 0.95)]
  return { historyMinutes: known / 2, learningMs, p50Ms, p95Ms, toLimit: p95Ms / LIMIT_MS }
}
