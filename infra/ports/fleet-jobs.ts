import type { Job } from '../domain/job.ts'

/** What whoever runs the installation may see of a job: how it fared, and nothing of what it was about. */
export interface FleetJob
  extends Pick<
    Job,
    | 'id'
    | 'tenant'
    | 'task'
    | 'lane'
    | 'state'
    | 'attempt'
    | 'models'
    | 'thresholdSet'
    | 'timings'
    | 'createdAt'
    | 'startedAt'
    | 'finishedAt'
    | 'deadline'
    | 'erasedAt'
  > {
  /** the code alone: what else an error says may quote a picture */
  readonly error: { readonly code: string; readonly fault: 'caller' | 'service' } | null
}

/** Jobs of every tenant. @throws UnavailableError */
export interface FleetJobs {
  /** @param id a UUID */
  find(id: string): Promise<FleetJob | undefined>
}
