import type { CutComparison, Distance, SignalComparison } from './drift-compare.ts'
import { type BinDrift, type CutDrift, DRIFT_LEVELS, type DriftLevel, type SignalDrift } from './drift-evaluation.ts'
import { LEAST_COUNT } from './drift-mix.ts'
import { ALARM_PSI, chanceOf, WATCH_PSI } from './drift-psi.ts'
import { volumeOf, whyOf } from './drift-words.ts'
import type { Steps } from './steps.ts'

/** Of all comparisons of one evaluation together: how likely one of them is above its chance although nothing moved. */
const FALSE_ALARM = 0.001
/** Fewer jobs behind a bin are not told of: they could be somebody. */
const LEAST_TOLD = 5
/** Cuts of a signal that are told although they are well. */
const MOST_CUTS = 8
/** Where everybody has moved, nobody reads a list of all. */
const MOST_MOVED_CUTS = 50

/** What an evaluation may be told otherwise, for small tests. */
export interface VerdictOptions {
  /** jobs on each side */
  readonly leastCount?: number
}

const rank = (level: DriftLevel): number => DRIFT_LEVELS.indexOf(level)
const worst = (levels: readonly DriftLevel[]): DriftLevel =>
  levels.reduce((one, other) => (rank(other) > rank(one) ? other : one), 'unknown')
const rounded = (value: number): number => Math.round(value * 10_000) / 10_000

/** Days have no weekends in them: what a young model is compared with may be another kind of day. */
const mostOf = (isYoung: boolean): DriftLevel => (isYoung ? 'watch' : 'alarm')

/** It would not have moved so far if one tenant had not begun to send another amount: worth a look, and nobody's alarm. */
const isExplained = ({ psi, explained }: Distance): boolean =>
  explained !== undefined && psi >= ALARM_PSI && explained.psi < ALARM_PSI

const levelOf = (compared: Distance | undefined, isYoung: boolean, probability: number): DriftLevel => {
  if (!compared) return 'unknown'
  const { psi, freedom, n, m } = compared
  if (psi < WATCH_PSI || psi <= chanceOf(freedom, n, m, probability)) return 'well'
  return psi >= ALARM_PSI && !isExplained(compared) ? mostOf(isYoung) : 'watch'
}

const toldBins = ({ signal, whole }: SignalComparison): readonly BinDrift[] => {
  const shareOf = (count: number, total: number) => (count < LEAST_TOLD ? 0 : rounded(count / total))
  return (whole?.pairs ?? []).map(({ present, reference }, index) => ({
    label: signal.bins[index] as string,
    reference: shareOf(reference, whole?.m ?? 1),
    present: shareOf(present, whole?.n ?? 1),
  }))
}

const toldCuts = (cuts: readonly CutComparison[], least: number, level: (cut: CutComparison) => DriftLevel) =>
  cuts
    .filter(({ count }) => count >= least)
    .map(
      (cut): CutDrift => ({
        ...{ by: cut.by, value: cut.value, count: cut.count, level: level(cut) },
        psi: cut.compared ? rounded(cut.compared.psi) : null,
        share: cut.share === undefined ? null : rounded(cut.share),
      }),
    )
    .toSorted((a, b) => rank(b.level) - rank(a.level) || (b.share ?? 0) - (a.share ?? 0) || b.count - a.count)
    .filter((cut, index) => index < (rank(cut.level) >= rank('watch') ? MOST_MOVED_CUTS : MOST_CUTS))

const verdictOf = (comparison: SignalComparison, probability: number, least: number): SignalDrift => {
  const { task, hours, reference, signal, whole, count, isYoung } = comparison
  const ownLevel = levelOf(whole, isYoung, probability)
  const cuts = toldCuts(comparison.cuts, least, (cut) => levelOf(cut.compared, cut.isYoung, probability))
  const facts = {
    ...{ task, signal: signal.name, windowHours: hours, count, reference, cuts },
    psi: whole ? rounded(whole.psi) : null,
    // That some part is well says nothing of a whole that is unknown.
    level: worst([ownLevel, ...cuts.map((cut) => cut.level).filter((level) => level !== 'well')]),
    referenceCount: Math.round(whole?.m ?? 0),
  }
  const explained = [whole, ...comparison.cuts.map(({ compared }) => compared)].find(
    (one) => one && isExplained(one),
  )?.explained
  const chance = whole ? chanceOf(whole.freedom, whole.n, whole.m, probability) : 0
  return { ...facts, why: `${whyOf(facts, ownLevel, chance, least)}${volumeOf(explained)}`, bins: toldBins(comparison) }
}

/** The window that says more; of those that say the same the one that comes first. */
const clearest = (verdicts: readonly SignalDrift[]): SignalDrift =>
  verdicts.reduce((one, other) => (rank(other.level) > rank(one.level) ? other : one))

/**
 * Which signals have moved, in any window: further than the rule of thumb bears, and further than chance goes, with as many
 * comparisons as there are. A signal at each step.
 * @param comparisons of all tasks and windows, each task's longest window first
 */
export function* driftVerdicts(
  comparisons: readonly SignalComparison[],
  { leastCount = LEAST_COUNT }: VerdictOptions = {},
): Steps<readonly SignalDrift[]> {
  const made = comparisons.flatMap(({ whole, cuts }) => [whole, ...cuts.map(({ compared }) => compared)])
  // Bonferroni: it holds also where comparisons depend on each other, as those of a tenant and of its SDK do.
  const probability = FALSE_ALARM / Math.max(1, made.filter((one) => one !== undefined).length)
  const verdicts: SignalDrift[] = []
  for (const comparison of comparisons) {
    verdicts.push(verdictOf(comparison, probability, leastCount))
    yield
  }
  return [...Map.groupBy(verdicts, ({ task, signal }) => `${task} ${signal}`).values()].map(clearest)
}
