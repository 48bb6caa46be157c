import type { DriftReference } from './drift-evaluation.ts'
import { LEAST_COUNT } from './drift-mix.ts'
import type { DriftShare } from './drift-signals.ts'

/** Hours that the present may be compared with. */
export interface DriftPast {
  readonly reference: DriftReference
  readonly shares: readonly DriftShare[]
}

/** What each model is compared with. */
export interface ChosenPast extends DriftPast {
  /** models that are compared with days, for want of weeks */
  readonly young: ReadonlySet<string>
}

/** Every judged job has an outcome: its bins tell how many there were. */
const JUDGED = 'outcome/'

const countsOf = (shares: readonly DriftShare[]): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const { model, by, counts } of shares) {
    if (by !== 'sdk') continue
    const own = Object.entries(counts).filter(([key]) => key.startsWith(JUDGED))
    sums.set(model, (sums.get(model) ?? 0) + own.reduce((sum, [, count]) => sum + count, 0))
  }
  return sums
}

/**
 * Models of now that none of these pasts has enough of.
 * @param least jobs that are enough
 */
export const strangers = (
  present: readonly DriftShare[],
  pasts: readonly DriftPast[],
  least: number = LEAST_COUNT,
): readonly string[] => {
  const seen = pasts.map(({ shares }) => countsOf(shares))
  return [...countsOf(present)]
    .filter(([model, count]) => count > 0 && !seen.some((counts) => (counts.get(model) ?? 0) >= least))
    .map(([model]) => model)
}

/**
 * Each model with the first past that has enough of it, so that a new version begins with a reference of its own.
 * @param pasts best first, at least one
 * @param least jobs that are enough
 * @returns one past, named after what most jobs are compared with
 */
export const chooseReference = (
  present: readonly DriftShare[],
  pasts: readonly [DriftPast, ...DriftPast[]],
  least: number = LEAST_COUNT,
): ChosenPast => {
  const seen = pasts.map(({ shares }) => countsOf(shares))
  const jobs = new Map<number, number>()
  const shares: DriftShare[] = []
  const young = new Set<string>()
  for (const [model, count] of countsOf(present)) {
    const index = seen.findIndex((counts) => (counts.get(model) ?? 0) >= least)
    const past = pasts[index]
    if (!past) continue
    if (past.reference.kind === 'days') young.add(model)
    jobs.set(index, (jobs.get(index) ?? 0) + count)
    shares.push(...past.shares.filter((share) => share.model === model))
  }
  const [most = 0] = [...jobs].toSorted(([, a], [, b]) => b - a)[0] ?? []
  return { reference: (pasts[most] ?? pasts[0]).reference, shares, young }
}
