import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../../infra/local/process.ts'
import { callsOf, type Role } from '../calls.ts'
import { ARMED, FIRED, PASSED, POINTS, TRIED } from '../crash-points.ts'
import { type Fault, type Struck, shuffled } from '../fault.ts'
import type { ChaosStack } from '../stack.ts'
import { provoke } from './provoke.ts'

/** What is passed all the time is passed within this. */
const SOON_MS = 1_500
/** For housekeeping, and for what the reconciler does with a message that was never confirmed. */
const REACH_MS = 24_000
/** Whoever is to pass it may be held up once. */
const TRIES = 2
/** What came of the crash points of a stack. */
export interface CrashPoints {
  /** those that a process can pass: its adapters have the call, and its sources make it */
  readonly known: readonly string[]
  readonly armed: readonly string[]
  readonly died: readonly string[]
}

const ofRole = (lines: readonly string[], role: Role): readonly string[] =>
  [...new Set(lines)].filter((point) => point.startsWith(`${role} `))

/** `jobs.finish` of `worker after:jobs.finish` */
const callOf = (point: string): string => point.slice(point.indexOf(':') + 1)

/** Also one that was passed though no source shows the call. */
const knownPoints = (stack: ChaosStack, role: Role): readonly string[] => {
  const calls = callsOf(role)
  const possible = stack.lines(POINTS).filter((point) => calls.has(callOf(point)))
  return ofRole([...possible, ...stack.lines(PASSED)], role)
}

const firedPoints = (stack: ChaosStack): readonly string[] =>
  stack.lines(FIRED).map((line) => line.slice(0, line.lastIndexOf(' ')))

/** So far. */
export const crashPointsOf = (stack: ChaosStack): CrashPoints => ({
  known: (['api', 'worker'] as const).flatMap((role) => [...knownPoints(stack, role)].sort()),
  armed: [...new Set(stack.lines(TRIED))].sort(),
  died: [...new Set(firedPoints(stack))].sort(),
})

/** Arm a point, have it passed, and wait until all is well again. @returns whether a process passed it, and died */
const dieAt = async (stack: ChaosStack, point: string, struck: Struck): Promise<boolean> => {
  const before = stack.lines(FIRED).length
  const hasDied = () => stack.lines(FIRED).length > before
  const armed = join(stack.dir, ARMED)
  appendFileSync(join(stack.dir, TRIED), `${point}\n`)
  writeFileSync(armed, point)
  if (!(await until(hasDied, SOON_MS, 20))) await provoke(stack, callOf(point))
  const died = await until(hasDied, REACH_MS, 20)
  if (died) struck(point)
  rmSync(armed, { force: true })
  await stack.survived(Number(stack.lines(FIRED).at(-1)?.split(' ').at(-1)))
  return died
}

/** @param mostTries of a point that nobody passes in time */
const crashPointFault = (
  role: Role,
  mostTries: number,
  pick: (stack: ChaosStack, random: () => number) => readonly string[],
): Fault => ({
  name: `${role} dies between two steps`,
  holdMs: 0,
  async inject(stack, random, struck) {
    let diedCount = 0
    let left = pick(stack, random)
    for (let tries = 1; tries <= mostTries; tries += 1) {
      const missed: string[] = []
      for (const point of left) {
        if (await dieAt(stack, point, struck)) diedCount += 1
        else missed.push(point)
      }
      left = missed
    }
    return diedCount
  },
})

/**
 * A process dies between two of its steps, at some of those that the load has passed.
 * @param mostCount points at most, those first at which none has died yet
 */
export const someCrashPoints = (role: Role, mostCount: number): Fault =>
  crashPointFault(role, 1, (stack, random) => {
    const fired = new Set(firedPoints(stack))
    const fresh = ofRole(stack.lines(PASSED), role).filter((point) => !fired.has(point))
    return shuffled(fresh, random).slice(0, mostCount)
  })

/** A process dies between two of its steps, once for each pair that it can pass. */
export const everyCrashPoint = (role: Role): Fault =>
  crashPointFault(role, TRIES, (stack, random) => shuffled(knownPoints(stack, role), random))
