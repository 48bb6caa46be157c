import type { TaskName } from './task.ts'

/** `shadow`: the base answers, the candidate judges the same input afterwards. `canary`: the candidate answers a share. */
export const ROLLOUT_MODES = ['shadow', 'canary'] as const
export type RolloutMode = (typeof ROLLOUT_MODES)[number]

/**
 * - `active`: the guards watch it
 * - `promoted`: a person has decided; the candidate answers every job until the fleet's own models are changed over
 * - `taken-back`: it was found worse; the base answers
 * - `ended`: it is over, and nothing is said about the candidate
 */
export const ROLLOUT_STATES = ['active', 'promoted', 'taken-back', 'ended'] as const
export type RolloutState = (typeof ROLLOUT_STATES)[number]

/** What is tried in place of the model of one role. */
export interface Candidate {
  /** as the manifest names it, for example `face-liveness` */
  readonly role: string
  /** `name@version` of a model; null = the model in use, with other thresholds */
  readonly model: string | null
  /** in place of those on the model's card, by name */
  readonly thresholds: { readonly [name: string]: number }
}

/** From where on a candidate is taken back. Ratios are 0..1 unless said otherwise. */
export interface RolloutLimits {
  /** of its jobs that the model failed */
  readonly maxErrorRatio: number
  /** its 95th percentile of model time over the base's */
  readonly maxP95Ratio: number
  /** shadow: decisions that differ; canary: difference of the shares of positive decisions */
  readonly maxFlipRatio: number
  /** mean of the scores' differences; canary: difference of their means */
  readonly maxScoreShift: number
  /** jobs before anything is judged (count) */
  readonly minSampleCount: number
}

/** What holds where nobody said otherwise. */
export const DEFAULT_LIMITS: RolloutLimits = {
  maxErrorRatio: 0.01,
  maxP95Ratio: 1.5,
  maxFlipRatio: 0.02,
  maxScoreShift: 0.05,
  minSampleCount: 200,
}

/**
 * The share where nobody named one. A canary that answered everybody would leave nothing to hold it against; named
 * tenants are a choice already, and a shadow answers nobody.
 */
export const ordinaryShare = (mode: RolloutMode, tenants: readonly string[]): number =>
  mode === 'canary' && tenants.length === 0 ? 0.05 : 1

/** A candidate on its way to the fleet, or off it. Instants are epoch ms by the database's clock. */
export interface Rollout {
  readonly id: string
  readonly task: TaskName
  readonly candidate: Candidate
  readonly mode: RolloutMode
  /** of the jobs, 0..1 */
  readonly share: number
  /** whose jobs; empty = everybody's */
  readonly tenants: readonly string[]
  readonly limits: RolloutLimits
  readonly state: RolloutState
  readonly startedAt: number
  readonly startedBy: string
  readonly reason: string
  /** of the last change of its state; null while it is as it began */
  readonly changedAt: number | null
  readonly changedBy: string | null
  readonly changeReason: string | null
}

const UINT32 = 0x1_0000_0000

/**
 * A text as a number of 0..1, evenly spread and always the same.
 * @source G. Fowler, L. C. Noll, K.-P. Vo: FNV-1a; A. Appleby: the last step of MurmurHash3, which spreads it
 */
export const fractionOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / UINT32
}

/** Is this one of the tenants the rollout is about? */
export const concerns = ({ tenants }: Pick<Rollout, 'tenants'>, tenant: string): boolean =>
  tenants.length === 0 || tenants.includes(tenant)

/**
 * Does this job belong to the rollout's share? The same at every attempt and on every worker; two rollouts choose
 * different jobs.
 */
export const isChosen = (
  { id, share, tenants }: Pick<Rollout, 'id' | 'share' | 'tenants'>,
  job: { readonly id: string; readonly tenant: string },
): boolean => concerns({ tenants }, job.tenant) && fractionOf(`${id}/${job.id}`) < share
