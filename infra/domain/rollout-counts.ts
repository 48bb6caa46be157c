import { emptyHistogram } from './latency-histogram.ts'

/** Who judged: what the fleet runs anyway, or what is tried. */
export const ARMS = ['base', 'candidate'] as const
export type Arm = (typeof ARMS)[number]

/** What is kept of judged jobs: counts and sums over many, never one job's result or score. */
export interface ArmCounts {
  /** judged by this arm, failures included */
  readonly jobs: number
  /** of them the model failed */
  readonly errors: number
  /** answered in the positive: a match, live, a document that could be read */
  readonly positives: number
  /** scores that are in the sum */
  readonly scored: number
  readonly scoreSum: number
  /** candidate in the shadow: judged by both */
  readonly compared: number
  /** of them decided differently */
  readonly flips: number
  /** differences of scores that are in the sums, candidate less base */
  readonly shifted: number
  readonly shiftSum: number
  readonly shiftAbsSum: number
  /** candidate in the shadow: not judged, because the worker had better to do */
  readonly dropped: number
  /** time in the model, as `latency-histogram.ts` counts it */
  readonly latency: readonly number[]
}

/** Both arms of a rollout. */
export type RolloutCounts = Readonly<Record<Arm, ArmCounts>>

/** The counts that are single numbers. */
export const COUNT_NAMES = [
  'jobs',
  'errors',
  'positives',
  'scored',
  'scoreSum',
  'compared',
  'flips',
  'shifted',
  'shiftSum',
  'shiftAbsSum',
  'dropped',
] as const satisfies readonly (keyof ArmCounts)[]

/** One of them. */
export type CountName = (typeof COUNT_NAMES)[number]

/** Nothing judged yet. */
export const noCounts = (): ArmCounts => ({
  ...(Object.fromEntries(COUNT_NAMES.map((name) => [name, 0])) as Record<CountName, number>),
  latency: emptyHistogram(),
})

/** Both together. */
export const addCounts = (one: ArmCounts, other: ArmCounts): ArmCounts => ({
  ...(Object.fromEntries(COUNT_NAMES.map((name) => [name, one[name] + other[name]])) as Record<CountName, number>),
  latency: one.latency.map((count, bucket) => count + (other.latency[bucket] ?? 0)),
})
