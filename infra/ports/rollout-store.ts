import type { Rollout, RolloutState } from '../domain/rollout.ts'
import type { Arm, ArmCounts, RolloutCounts } from '../domain/rollout-counts.ts'

/** What a person asks for. The database gives the id and the instants. */
export type NewRollout = Pick<
  Rollout,
  'task' | 'candidate' | 'mode' | 'share' | 'tenants' | 'limits' | 'reason' | 'startedBy'
>

/** `busy`: the task has another rollout in force, of this id. */
export type Started =
  | { readonly kind: 'started'; readonly rollout: Rollout }
  | { readonly kind: 'busy'; readonly id: string }

/** A change of a rollout's state, and the states it may happen in: of two who change it at once one wins. */
export interface RolloutChange {
  readonly from: readonly RolloutState[]
  readonly to: Exclude<RolloutState, 'active'>
  readonly by: string
  readonly reason: string
}

/**
 * How a worker gets on with a candidate:
 * - `loading`, `ready`: it has it, or is about to
 * - `is-base`: the candidate is what it runs anyway
 * - `failed`: it could not be obtained or loaded; the base answers
 * - `put-aside`: it broke too often; the base answers
 * - `left`: it was unloaded, or the worker ended in good order
 */
export type RolloutWorkerState = 'loading' | 'ready' | 'is-base' | 'failed' | 'put-aside' | 'left'

/** One worker's word on a rollout. */
export interface RolloutWorker {
  /** the same whenever the process is started again: host, pool and index */
  readonly worker: string
  readonly state: RolloutWorkerState
  /** processes that were gone without a word while they had the candidate (count) */
  readonly lostCount: number
  /** in words, where it failed */
  readonly error: string | null
  /** epoch ms by the database's clock */
  readonly seenAt: number
}

/** What one worker counted since it last told. */
export interface RolloutTally {
  readonly rolloutId: string
  readonly arm: Arm
  readonly counts: ArmCounts
}

/**
 * Candidates on their way to the fleet: what people want, what workers see of it. It holds counts and sums over many jobs,
 * nothing about one of them.
 * @throws UnavailableError
 */
export interface RolloutStore {
  start(rollout: NewRollout): Promise<Started>
  find(id: string): Promise<Rollout | undefined>
  /** newest first */
  list(limit: number): Promise<readonly Rollout[]>
  /** active and promoted ones */
  inForce(): Promise<readonly Rollout[]>
  /** Test and write at once. @returns undefined when it is in none of the states the change starts from, or is not known */
  change(id: string, change: RolloutChange): Promise<Rollout | undefined>

  /**
   * Before a worker loads a candidate: it is `loading` from now on.
   * @returns how often a process of this name was gone without a word while it had the candidate
   */
  enter(rolloutId: string, worker: string): Promise<number>
  /** @param error in words; null = nothing is wrong */
  tell(rolloutId: string, worker: string, state: RolloutWorkerState, error: string | null): Promise<void>
  /** by name */
  workers(rolloutId: string): Promise<readonly RolloutWorker[]>

  /** Added up by rollout, arm and minute. One call of a worker is one statement. */
  add(tallies: readonly RolloutTally[]): Promise<void>
  /** @param lookbackMs of the last minutes only; the whole rollout unless told */
  counts(rolloutId: string, lookbackMs?: number): Promise<RolloutCounts>
  /** Drop the minutes that are older; sums over whole rollouts stay. */
  forgetMinutes(olderThanMs: number): Promise<void>
}
