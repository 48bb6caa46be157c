import { quantileOf, totalOf } from './latency-histogram.ts'
import type { RolloutLimits, RolloutMode } from './rollout.ts'
import type { ArmCounts, RolloutCounts } from './rollout-counts.ts'

/** What a candidate can be taken back for. */
export type Guard = 'errors' | 'latency' | 'flips' | 'shift'

/** What the counts say. `promotable` is advice: a person promotes. */
export type Verdict =
  | { readonly kind: 'continue'; readonly why: string }
  | { readonly kind: 'promotable'; readonly why: string }
  | { readonly kind: 'take-back'; readonly guard: Guard; readonly reason: string }

interface Found {
  readonly guard: Guard
  readonly reason: string
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`

/** A limit that so many failures break however well the rest of the sample goes. */
const breaks = (count: number, of: number, maxRatio: number, minSampleCount: number): boolean =>
  count > maxRatio * Math.max(of, minSampleCount)

/** Two arms judge different jobs: their shares differ by chance too. Twice the standard error of that is let pass. */
const CHANCE = 2

/**
 * By how much two means of numbers of 0..1 differ beyond chance. A number of 0..1 spreads most when it is 0 or 1 only, so
 * the chance is never underrated.
 */
const differenceBeyondChance = (one: number, oneCount: number, other: number, otherCount: number): number => {
  const spread = (one * (1 - one)) / oneCount + (other * (1 - other)) / otherCount
  return Math.max(0, Math.abs(one - other) - CHANCE * Math.sqrt(Math.max(0, spread)))
}

const meanOf = (sum: number, count: number): number => (count === 0 ? 0 : sum / count)

/** Answers that say something of the picture. */
const decided = ({ jobs, errors }: ArmCounts): number => jobs - errors

const judgeErrors = ({ candidate }: RolloutCounts, limits: RolloutLimits): Found | undefined => {
  const { jobs, errors } = candidate
  if (!breaks(errors, jobs, limits.maxErrorRatio, limits.minSampleCount)) return undefined
  return {
    guard: 'errors',
    reason: `the model failed ${errors} of ${jobs} jobs; ${percent(limits.maxErrorRatio)} may fail`,
  }
}

const judgeLatency = ({ base, candidate }: RolloutCounts, limits: RolloutLimits): Found | undefined => {
  const [own, usual] = [quantileOf(candidate.latency, 0.95), quantileOf(base.latency, 0.95)]
  const count = Math.min(totalOf(candidate.latency), totalOf(base.latency))
  if (own === undefined || usual === undefined || count < limits.minSampleCount) return undefined
  if (own <= limits.maxP95Ratio * usual) return undefined
  const times = (own / usual).toFixed(1)
  return {
    guard: 'latency',
    reason: `95 % of its jobs take up to ${Math.round(own)} ms of model time, ${times} times the base's ${Math.round(usual)} ms; ${limits.maxP95Ratio} times may be`,
  }
}

const judgeShadowFlips = ({ candidate }: RolloutCounts, limits: RolloutLimits): Found | undefined => {
  const { compared, flips } = candidate
  if (!breaks(flips, compared, limits.maxFlipRatio, limits.minSampleCount)) return undefined
  return {
    guard: 'flips',
    reason: `${flips} of ${compared} decisions differ from the base's; ${percent(limits.maxFlipRatio)} may differ`,
  }
}

const judgeCanaryFlips = ({ base, candidate }: RolloutCounts, limits: RolloutLimits): Found | undefined => {
  const [own, usual] = [decided(candidate), decided(base)]
  if (Math.min(own, usual) < limits.minSampleCount) return undefined
  const [share, usualShare] = [candidate.positives / own, base.positives / usual]
  if (differenceBeyondChance(share, own, usualShare, usual) <= limits.maxFlipRatio) return undefined
  return {
    guard: 'flips',
    reason: `${percent(share)} of its decisions are positive, ${percent(usualShare)} of the base's; ${percent(limits.maxFlipRatio)} may lie between them`,
  }
}

const judgeShadowShift = ({ candidate }: RolloutCounts, limits: RolloutLimits): Found | undefined => {
  const { shifted, shiftSum } = candidate
  const mean = meanOf(shiftSum, shifted)
  if (shifted < limits.minSampleCount || Math.abs(mean) <= limits.maxScoreShift) return undefined
  return {
    guard: 'shift',
    reason: `its scores are ${mean.toFixed(3)} off the base's on average; ${limits.maxScoreShift} may be`,
  }
}

const judgeCanaryShift = ({ base, candidate }: RolloutCounts, limits: RolloutLimits): Found | undefined => {
  if (Math.min(candidate.scored, base.scored) < Math.max(1, limits.minSampleCount)) return undefined
  const [own, usual] = [meanOf(candidate.scoreSum, candidate.scored), meanOf(base.scoreSum, base.scored)]
  if (differenceBeyondChance(own, candidate.scored, usual, base.scored) <= limits.maxScoreShift) return undefined
  return {
    guard: 'shift',
    reason: `its scores are ${own.toFixed(3)} on average, the base's ${usual.toFixed(3)}; ${limits.maxScoreShift} may lie between them`,
  }
}

const GUARDS: Readonly<
  Record<RolloutMode, readonly ((counts: RolloutCounts, limits: RolloutLimits) => Found | undefined)[]>
> = {
  shadow: [judgeErrors, judgeLatency, judgeShadowFlips, judgeShadowShift],
  canary: [judgeErrors, judgeLatency, judgeCanaryFlips, judgeCanaryShift],
}

/** Jobs that both have judged in the shadow; of a canary what the smaller side has. */
const sampleOf = (mode: RolloutMode, { base, candidate }: RolloutCounts): number =>
  mode === 'shadow' ? candidate.compared : Math.min(candidate.jobs, base.jobs)

/**
 * What to do with a candidate by what was counted. Pure: same counts, same answer. Failures and differences that break
 * their limit whatever the rest of the least sample brings are not waited for.
 * @returns `promotable` once the least sample is there and nothing speaks against it
 */
export const judgeRollout = (mode: RolloutMode, counts: RolloutCounts, limits: RolloutLimits): Verdict => {
  for (const guard of GUARDS[mode]) {
    const found = guard(counts, limits)
    if (found) return { kind: 'take-back', ...found }
  }
  const sample = sampleOf(mode, counts)
  if (sample < limits.minSampleCount)
    return { kind: 'continue', why: `${sample} of at least ${limits.minSampleCount} jobs are judged` }
  return { kind: 'promotable', why: `${sample} jobs are judged and no limit is broken` }
}
