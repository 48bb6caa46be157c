import { type BinPair, type Stability, stabilityOf } from './drift-psi.ts'
import { binKey, type DriftShare, type Signal } from './drift-signals.ts'

/** Jobs on each side that a comparison needs. */
export const LEAST_COUNT = 200

/** A signal's bins in one share, in their order. */
export interface Cell extends Pick<DriftShare, 'model' | 'by' | 'value'> {
  readonly counts: readonly number[]
}

/** Now and before, of all jobs or of a part of them. */
export interface Mixed extends Stability {
  /** jobs now, and as many as the weighted ones of before are worth */
  readonly n: number
  readonly m: number
  readonly pairs: readonly BinPair[]
  /** what a job of before weighs, by its model; models that could not be compared are missing */
  readonly weights: ReadonlyMap<string, number>
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** One signal of each share. */
export const cellsOf = (shares: readonly DriftShare[], { name, bins }: Signal): readonly Cell[] => {
  const keys = bins.map((bin) => binKey(name, bin))
  return shares.map(({ model, by, value, counts }) => ({
    ...{ model, by, value },
    counts: keys.map((key) => counts[key] ?? 0),
  }))
}

/** Jobs in these cells. */
export const countOf = (cells: readonly Cell[]): number => sum(cells.map(({ counts }) => sum(counts)))

const byModel = (cells: readonly Cell[]): ReadonlyMap<string, readonly number[]> => {
  const sums = new Map<string, readonly number[]>()
  for (const { model, counts } of cells) {
    const before = sums.get(model)
    sums.set(model, before ? before.map((count, bin) => count + (counts[bin] ?? 0)) : counts)
  }
  return sums
}

/**
 * Every model is compared with itself: jobs of before weigh so much that models have the shares they have now. A model that
 * was not there before is left out; when that is half of the jobs, nothing can be said.
 * @param least jobs on each side
 * @returns undefined = too little was seen
 */
export const mix = (
  present: readonly Cell[],
  reference: readonly Cell[],
  signal: Signal,
  least: number,
): Mixed | undefined => {
  const before = byModel(reference)
  const totalBefore = (model: string): number => sum(before.get(model) ?? [])
  const now = [...byModel(present)].map(([model, counts]) => ({ model, counts, count: sum(counts) }))
  const known = now.filter(({ model, count }) => count > 0 && totalBefore(model) >= least)
  const n = sum(known.map(({ count }) => count))
  if (n < least || n * 2 <= sum(now.map(({ count }) => count))) return undefined
  // Shares of many jobs of before that are weighted are worth as much as those of fewer that are not.
  const m = 1 / sum(known.map(({ model, count }) => (count / n) ** 2 / totalBefore(model)))
  const weights = new Map(known.map(({ model, count }) => [model, ((count / n) * m) / totalBefore(model)]))
  const pairs = signal.bins.map(
    (_, bin): BinPair => ({
      present: sum(known.map(({ counts }) => counts[bin] ?? 0)),
      reference: sum([...weights].map(([model, weight]) => weight * (before.get(model)?.[bin] ?? 0))),
    }),
  )
  return { ...stabilityOf(pairs, signal.isOrdered), n, m, pairs, weights }
}

/** What these cells add to the whole's index: what moved into each bin, times its pull. */
export const contribution = (whole: Mixed, present: readonly Cell[], reference: readonly Cell[]): number => {
  const pulled = ({ counts }: Cell): number => sum(counts.map((count, bin) => count * (whole.pull[bin] ?? 0)))
  const now = present.filter(({ model }) => whole.weights.has(model)).map(pulled)
  const before = reference.map((cell) => (whole.weights.get(cell.model) ?? 0) * pulled(cell))
  return sum(now) / whole.n - sum(before) / whole.m
}
