import type { ReplaySettings } from './replay.ts'
import { TRACE_STEP_SECONDS } from './trace.ts'

const STEPS_PER_MINUTE = 60 / TRACE_STEP_SECONDS

/**
 * Node-hours of somebody who knows the future: each node works just in the minutes in which it is needed, and either
 * stays through a pause or is launched again one boot before its end, whichever is cheaper. What everything else is
 * measured against.
 */
export const oracleNodeHours = (
  arrivals: Float64Array,
  { capacity, bootSeconds, minCount, maxCount, warmUpSteps }: ReplaySettings,
): number => {
  const bootSteps = Math.ceil(bootSeconds / TRACE_STEP_SECONDS)
  const needs = needsOf(arrivals, capacity).map((need) => Math.min(maxCount, Math.max(minCount, need)))
  const highest = needs.reduce((most, need) => Math.max(most, need), 0)
  let nodeSteps = 0
  for (let node = 1; node <= highest; node += 1) {
    let lastNeeded = node <= minCount ? -1 : Number.NEGATIVE_INFINITY
    for (const [step, need] of needs.entries()) {
      if (need < node) continue
      const pause = step - lastNeeded - 1
      if (step >= warmUpSteps) nodeSteps += 1 + Math.min(pause, bootSteps)
      lastNeeded = step
    }
  }
  return (nodeSteps * TRACE_STEP_SECONDS) / 3600
}

/** Nodes needed in each step so that its minute is served as it comes. */
const needsOf = (arrivals: Float64Array, capacity: number): Int32Array =>
  Int32Array.from(arrivals, (_, step) => {
    const from = step - (step % STEPS_PER_MINUTE)
    const minute = arrivals.subarray(from, from + STEPS_PER_MINUTE)
    const requests = minute.reduce((sum, one) => sum + one, 0)
    return Math.ceil(requests / (minute.length * TRACE_STEP_SECONDS) / capacity)
  })
