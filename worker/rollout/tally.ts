import { bucketOf } from '../../infra/domain/latency-histogram.ts'
import {
  ARMS,
  type Arm,
  type ArmCounts,
  addCounts,
  type CountName,
  noCounts,
} from '../../infra/domain/rollout-counts.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import type { TaskAnswer } from '../executor.ts'
import { isFailure, isFlip, isPositive, scoreOf } from './compare.ts'

/**
 * A sum over fewer would tell one person's score to whoever reads it: it stays in the process until others have joined it,
 * and is lost with it.
 */
const MIN_SUMMED = 5

/** What a rollout's jobs come to on this worker, until it is told. */
export interface Tally {
  /** An arm judged a job that the other did not. @param inferMs time in the model; undefined = it says nothing */
  judged(arm: Arm, answer: TaskAnswer, inferMs: number | undefined): void
  /** the candidate failed, by throwing or by not coming back */
  failed(): void
  /** Both judged the same. */
  compared(
    base: TaskAnswer,
    candidate: TaskAnswer,
    ms: { readonly base: number; readonly candidate: number } | undefined,
  ): void
  /** not judged in the shadow: the worker had better to do */
  dropped(): void
  /** What can be told, by arm; it is not told twice. */
  take(): readonly (readonly [Arm, ArmCounts])[]
  /** it could not be told after all */
  giveBack(taken: readonly (readonly [Arm, ArmCounts])[]): void
}

type Change = Partial<Record<CountName, number>> & { readonly ms?: number | undefined }

/** Sums that would be about too few, with their counts. */
const heldBack = ({ scored, scoreSum, shifted, shiftSum, shiftAbsSum }: ArmCounts): ArmCounts => ({
  ...noCounts(),
  ...(scored < MIN_SUMMED && { scored, scoreSum }),
  ...(shifted < MIN_SUMMED && { shifted, shiftSum, shiftAbsSum }),
})

const without = (all: ArmCounts, back: ArmCounts): ArmCounts => ({
  ...all,
  ...(back.scored > 0 && { scored: 0, scoreSum: 0 }),
  ...(back.shifted > 0 && { shifted: 0, shiftSum: 0, shiftAbsSum: 0 }),
})

const isNothing = ({ jobs, dropped, scored, shifted }: ArmCounts): boolean =>
  jobs === 0 && dropped === 0 && scored === 0 && shifted === 0

/** @param task whose answers they are */
export const createTally = (task: TaskName): Tally => {
  const arms: Record<Arm, ArmCounts> = { base: noCounts(), candidate: noCounts() }

  const count = (arm: Arm, { ms, ...change }: Change): void => {
    const more = { ...noCounts(), ...change }
    const latency = ms === undefined ? more.latency : more.latency.with(bucketOf(ms), 1)
    arms[arm] = addCounts(arms[arm], { ...more, latency })
  }

  const decided = (answer: TaskAnswer) => ({
    jobs: 1,
    errors: Number(isFailure(answer)),
    positives: Number(isPositive(task, answer)),
  })

  return {
    judged(arm, answer, ms) {
      const score = scoreOf(task, answer)
      count(arm, { ...decided(answer), ms, ...(score !== undefined && { scored: 1, scoreSum: score }) })
    },
    failed: () => count('candidate', { jobs: 1, errors: 1 }),
    compared(base, candidate, ms) {
      count('base', { ...decided(base), ms: ms?.base })
      if (isFailure(candidate)) return count('candidate', { jobs: 1, errors: 1 })
      const [before, after] = [scoreOf(task, base), scoreOf(task, candidate)]
      const shift = before === undefined || after === undefined ? undefined : after - before
      count('candidate', {
        ...decided(candidate),
        ...{ compared: 1, flips: Number(isFlip(task, base, candidate)), ms: ms?.candidate },
        ...(shift !== undefined && { shifted: 1, shiftSum: shift, shiftAbsSum: Math.abs(shift) }),
      })
    },
    dropped: () => count('candidate', { dropped: 1 }),
    take() {
      return ARMS.flatMap((arm) => {
        const back = heldBack(arms[arm])
        const told = without(arms[arm], back)
        arms[arm] = back
        return isNothing(told) ? [] : [[arm, told] as const]
      })
    },
    giveBack(taken) {
      for (const [arm, counts] of taken) arms[arm] = addCounts(arms[arm], counts)
    },
  }
}
