import { AppError } from '../../infra/domain/errors.ts'
import type { Health } from './health.ts'
import type { JobSpec } from './nomad.ts'
import type { WorkerJobs } from './site.ts'
import type { PartName, Step, Strategy } from './steps.ts'

/** How far a step has come. */
export interface Progress {
  readonly state: 'begun' | 'done'
  /** of the job, where it was registered: its deployment is found by it */
  readonly index?: number
}

/** A release on its way, kept after each change: whoever goes on needs nothing else. */
export interface ReleaseState {
  readonly from: string
  readonly to: string
  readonly strategy: Strategy
  readonly only: readonly PartName[]
  /** of the job files and variables it is made of */
  readonly inputs: string
  readonly jobs: WorkerJobs
  /** names of the other parts' jobs */
  readonly names: Readonly<Record<PartName, string>>
  /** what ran before, by job; null: there was none */
  readonly before: Readonly<Record<string, JobSpec | null>>
  readonly baseline: Health
  readonly progress: Readonly<Record<string, Progress>>
  readonly outcome: 'under way' | 'going back' | 'released' | 'taken back'
}

/** A step did not come to a good end. */
export class ReleaseFailedError extends AppError {
  readonly code = 'RELEASE_FAILED'
  readonly retryable = false
}

/** Another release is in the middle of its steps. */
export class ReleaseUnderWayError extends AppError {
  readonly code = 'RELEASE_UNDER_WAY'
  readonly retryable = false
  constructor({ to, strategy }: ReleaseState) {
    super(
      `the release of ${to} (${strategy}) is under way with other files or another strategy: ` +
        'finish it with its own, or take it back with `./muster release apply --back`',
    )
  }
}

/** The name of the job a step is about. */
export const jobOf = (
  { part, job }: Pick<Step, 'part' | 'job'>,
  { jobs, names }: Pick<ReleaseState, 'jobs' | 'names'>,
) => (part === 'workers' ? jobs[job] : names[part])

/** Is this the release that was begun? @throws ReleaseUnderWayError when another one was */
export const isSame = (
  kept: ReleaseState,
  wanted: Pick<ReleaseState, 'to' | 'strategy' | 'only' | 'inputs'>,
): boolean => {
  if (kept.outcome === 'released' || kept.outcome === 'taken back') return false
  const facts = ({ to, strategy, only, inputs }: typeof wanted) => JSON.stringify([to, strategy, only, inputs])
  if (facts(kept) !== facts(wanted)) throw new ReleaseUnderWayError(kept)
  return true
}
