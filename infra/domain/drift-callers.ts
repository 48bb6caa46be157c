import type { Cell, Mixed } from './drift-mix.ts'
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

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** A caller's part of a mix, by bins and in all: jobs now, and those of before as the mix weighs them. */
const partOf = ({ weights, pairs }: Mixed, { present, before }: Caller) => {
  const nows = pairs.map(() => 0)
  const pasts = pairs.map(() => 0)
  for (const { model, counts } of present)
    if (weights.has(model)) for (const [bin, count] of counts.entries()) nows[bin] = (nows[bin] ?? 0) + count
  for (const { model, counts } of before)
    for (const [bin, count] of counts.entries()) pasts[bin] = (pasts[bin] ?? 0) + count * (weights.get(model) ?? 0)
  return { nows, pasts, now: sum(nows), before: sum(pasts) }
}

/** What is added up in another order may differ by so much of it. */
const ROUNDING = 1e-9

/** Can all of a caller's jobs be among these? No bin has more of the caller's than there are. */
const isWithin = ({ pairs }: Mixed, { nows, pasts }: ReturnType<typeof partOf>): boolean =>
  pairs.every(
    ({ present, reference }, bin) =>
      (nows[bin] ?? 0) <= present && (pasts[bin] ?? 0) <= reference + ROUNDING * (1 + reference),
  )

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
 * never by both, so of an SDK it is known only whether the caller's jobs can be among its own; where they cannot, it explains nothing.
 * @param mixed the whole, or an SDK's or a model's part of it
 * @returns undefined = the caller sends as much as before
 */
export const explainedBy = (mixed: Mixed, caller: Caller, { isOrdered }: Signal): Explained | undefined => {
  const part = partOf(mixed, caller)
  const times = timesOf(mixed, part)
  if (!isOther(times) || !isWithin(mixed, part)) return undefined
  const pairs = mixed.pairs.map(({ present, reference }, bin) => ({
    present,
    reference: Math.max(0, reference + (times - 1) * (part.pasts[bin] ?? 0)),
  }))
  return { tenant: caller.tenant, times, psi: stabilityOf(pairs, isOrdered).psi }
}
