import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../../infra/local/process.ts'
import { ARMED, FIRED, PASSED, POINTS } from '../crash-points.ts'
import { type Fault, shuffled } from '../fault.ts'
import type { ChaosStack } from '../stack.ts'

/** Housekeeping passes its points every few seconds only. */
const REACH_MS = 12_000
/** For the jobs of the dead process to be somebody else's: a job that meets two deaths is given up, by design. */
const CALM_MS = 1_500

export type Role = 'api' | 'worker'

/** Points of this role that the load has passed so far, and those it never did. */
export const pointsOf = (stack: ChaosStack, role: Role) => {
  const own = (name: string) => [...new Set(stack.lines(name))].filter((point) => point.startsWith(`${role} `))
  const passed = own(PASSED)
  return { passed, never: own(POINTS).filter((point) => !passed.includes(point)) }
}

/** Points at which a process has died. */
export const firedPoints = (stack: ChaosStack): readonly string[] =>
  stack.lines(FIRED).map((line) => line.slice(0, line.lastIndexOf(' ')))

/** @returns whether a process passed it in time, and died */
const dieAt = async (stack: ChaosStack, point: string): Promise<boolean> => {
  const before = stack.lines(FIRED).length
  const armed = join(stack.dir, ARMED)
  writeFileSync(armed, point)
  const died = await until(() => stack.lines(FIRED).length > before, REACH_MS, 20)
  rmSync(armed, { force: true })
  if (died) await stack.wholeAgain()
  return died
}

/**
 * A process dies between two of its steps, once for each pair.
 * @param mostCount points at most, those first at which none has died yet; all unless told
 */
export const crashPointFault = (role: Role, mostCount = Number.POSITIVE_INFINITY): Fault => ({
  name: `${role} dies between two steps`,
  holdMs: 0,
  async inject(stack, random) {
    const fired = new Set(firedPoints(stack))
    const fresh = pointsOf(stack, role).passed.filter((point) => !fired.has(point))
    let diedCount = 0
    for (const point of shuffled(fresh, random).slice(0, mostCount)) {
      if (await dieAt(stack, point)) diedCount += 1
      await pause(CALM_MS)
    }
    return diedCount
  },
})
