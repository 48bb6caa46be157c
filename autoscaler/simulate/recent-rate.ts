import type { FleetView } from './replay.ts'
import { TRACE_STEP_SECONDS } from './trace.ts'

/** A time as steps of the replay. */
export const stepsOf = (seconds: number): number => seconds / TRACE_STEP_SECONDS

/** Mean demand of the steps before now, in requests a second. */
export const recentRate = ({ step, requests }: FleetView, seconds: number): number => {
  const count = Math.min(step, stepsOf(seconds))
  let sum = 0
  for (let back = 1; back <= count; back += 1) sum += requests(step - back)
  return count === 0 ? 0 : sum / (count * TRACE_STEP_SECONDS)
}
