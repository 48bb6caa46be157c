import type { TaskName } from './task.ts'

/** How far a distribution has moved: `unknown` where too little was seen to tell. Public: add, never rename. */
export const DRIFT_LEVELS = ['unknown', 'well', 'watch', 'alarm'] as const
/** One of them. */
export type DriftLevel = (typeof DRIFT_LEVELS)[number]

/** What jobs are told apart by. Public: add, never rename. */
export const DRIFT_CUTS = ['tenant', 'sdk', 'model'] as const
/** One of them. */
export type DriftCut = (typeof DRIFT_CUTS)[number]

/** A stretch of time, epoch ms. */
export interface Stretch {
  readonly from: number
  readonly until: number
}

/** Where the present is compared with. */
export interface DriftReference extends Stretch {
  /** `pinned`: as somebody said; `weeks`: the same hours of the weeks before; `days`: of the days before, of a young model */
  readonly kind: 'pinned' | 'weeks' | 'days'
}

/** One part of what a signal is made from. */
export interface CutDrift {
  readonly by: DriftCut
  readonly value: string
  /** its own population stability index; null = there is nothing to compare it with */
  readonly psi: number | null
  readonly level: DriftLevel
  /** its part of the whole signal's index; all parts of one cut add up to 1. null = the whole has none */
  readonly share: number | null
  readonly count: number
}

/** A bin, as shares of the whole; 0 where fewer than five jobs stand behind it. */
export interface BinDrift {
  readonly label: string
  readonly reference: number
  readonly present: number
}

/** How one signal of a task has moved. */
export interface SignalDrift {
  readonly task: TaskName
  readonly signal: string
  /** of all jobs together; null = too little was seen */
  readonly psi: number | null
  /** the worst of the whole and of its parts */
  readonly level: DriftLevel
  /** the present is so many hours */
  readonly windowHours: number
  readonly count: number
  readonly referenceCount: number
  readonly reference: DriftReference
  /** in words */
  readonly why: string
  readonly cuts: readonly CutDrift[]
  readonly bins: readonly BinDrift[]
}

/** All signals at one moment. */
export interface DriftEvaluation {
  /** epoch ms */
  readonly evaluatedAt: number
  /** what is compared with unless a task has another reference */
  readonly reference: Stretch
  readonly signals: readonly SignalDrift[]
}

/** A reference that somebody has set for a task. */
export interface PinnedReference extends Stretch {
  readonly task: TaskName
  readonly reason: string
  readonly setBy: string
  /** epoch ms */
  readonly setAt: number
}
