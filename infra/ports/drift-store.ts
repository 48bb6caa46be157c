import type { DriftEvaluation, PinnedReference } from '../domain/drift-evaluation.ts'
import type { DriftShare } from '../domain/drift-signals.ts'
import type { TaskName } from '../domain/task.ts'

/** What one worker process tells since its report before. */
export interface DriftReport {
  /** the process */
  readonly source: string
  /** counts its reports from 1; one that may not have arrived is told again under the same number */
  readonly number: number
  readonly shares: readonly DriftShare[]
}

/**
 * Distributions of outcomes by the hour, and what became of them. It holds counts over many jobs, nothing about one of them.
 * @throws UnavailableError
 */
export interface DriftStore {
  /** Counts in the hour in which it arrives, once, however often it is told. */
  tell(report: DriftReport): Promise<void>
  /** Added up over these hours. @param hours epoch ms of their starts, in any order */
  sums(task: TaskName, hours: readonly number[]): Promise<readonly DriftShare[]>
  /** Drop hours that began before, but those of a pinned reference. @param before epoch ms @returns rows removed */
  forget(before: number): Promise<number>

  pins(): Promise<readonly PinnedReference[]>
  /** In place of the one the task may have. */
  pin(reference: Omit<PinnedReference, 'setAt'>): Promise<void>
  /** @returns false = the task had none */
  unpin(task: TaskName): Promise<boolean>

  /** In place of the one before. */
  keep(evaluation: DriftEvaluation): Promise<void>
  latest(): Promise<DriftEvaluation | undefined>
}
