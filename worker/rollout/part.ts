import type { Job } from '../../infra/domain/job.ts'
import type { Executor, TaskItem } from '../executor.ts'
import type { Ran } from '../model-runs.ts'

/** A copy of what a job was judged by, kept for the candidate. It must be given one or the other end. */
export interface HeldItem {
  /** the job was answered so: now the candidate may judge it, when the worker has nothing better to do */
  judge(base: Ran): void
  /** it was not answered */
  drop(): void
}

/**
 * What a rollout wants of one job:
 * - `canary`: the candidate answers it
 * - `beside`: the base answers it, and is counted beside the canary
 * - `shadow`: the base answers it, and the candidate judges the same afterwards
 */
export type Part =
  | {
      readonly kind: 'canary'
      readonly decides: Pick<Executor, 'models' | 'thresholds'>
      /**
       * @returns undefined when the candidate failed: then the base has to answer
       * @throws DeadlinePassedError, the signal's reason
       */
      run(item: TaskItem, expiresAt: number, withdrawn: AbortSignal): Promise<Ran | undefined>
    }
  | { readonly kind: 'beside'; count(ran: Ran): void }
  | {
      readonly kind: 'shadow'
      /** @returns undefined when there is no room */
      hold(item: TaskItem): HeldItem | undefined
    }

/** Says what is wanted of a job; undefined = nothing, which costs a look into an empty map. */
export type PartOf = (job: Pick<Job, 'id' | 'tenant' | 'task'>) => Part | undefined
