import { type Cell, countOf, type Mixed } from './drift-mix.ts'
import { stabilityOf } from './drift-psi.ts'
import type { Signal } from './drift-signals.ts'

/** A tenant, and what it sent. */
export interface Caller {
  readonly tenant: string
  readonly present: readonly Cell[]
  readonly before: readonly Cell[]
}

/** What a mix would be if a caller had sent as much before as it does now. */
export interface Explained {
  readonly tenant: string
  /** how many times as much as before it sends, measured by what the others send */
  readonly times: number
  /** the index that is left then */
  readonly psi: number
}

/** Days differ: a caller sends another amount only when it is so many times as much, or as little. */
const LEAST_TIMES = 2

/** A caller's part of a mix: jobs now, and those of before by bins, as the mix weighs them. */
const partOf = ({ weights, pairs }: Mixed, { present, before }: Caller) => {
  const past = pairs.map(() => 0)
  for (const { model, counts } of before)
    for (const [bin, count] of counts.entries()) past[bin] = (past[bin] ?? 0) + count * (weights.get(model) ?? 0)
  const now = countOf(present.filter(({ model }) => weights.has(model)))
  return { now, past, before: past.reduce((sum, count) => sum + count, 0) }
}

const timesOf = ({ n, m }: Mixed, { now, before }: { readonly now: number; readonly before: number }): number =>
  (now / (n - now)) * ((m - before) / before)

const isOther = (times: number): boolean =>
  Number.isFinite(times) && times > 0 && (times >= LEAST_TIMES || times <= 1 / LEAST_TIMES)

/** The caller whose part of the whole has changed most, if it sends another amount than before. @param callers that have not moved themselves */
export const otherVolume = (whole: Mixed, callers: readonly Caller[]): Caller | undefined => {
  const parts = callers.map((caller) => ({ caller, ...partOf(whole, caller) }))
  return parts
    .filter((part) => isOther(timesOf(whole, part)))
    .map(({ caller, now, before }) => ({ caller, change: Math.abs(now / whole.n - before / whole.m) }))
    .toSorted((a, b) => b.change - a.change)[0]?.caller
}

/**
 * Who calls has changed, and not what they send: does that alone make this distance? Jobs are counted by tenant or by SDK,
 * never by both, so for an SDK this supposes that the caller's jobs are among its own; where they are not, it explains nothing.
 * @param mixed the whole, or an SDK's or a model's part of it
 * @returns undefined = the caller sends as much as before
 */
export const explainedBy = (mixed: Mixed, caller: Caller, { isOrdered }: Signal): Explained | undefined => {
  const part = partOf(mixed, caller)
  const times = timesOf(mixed, part)
  if (!isOther(times)) return undefined
  const pairs = mixed.pairs.map(({ present, reference }, bin) => ({
    present,
    reference: Math.max(0, reference + (times - 1) * (part.past[bin] ?? 0)),
  }))
  return { tenant: caller.tenant, times, psi: stabilityOf(pairs, isOrdered).psi }
}
