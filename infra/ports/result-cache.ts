import type { Job } from '../domain/job.ts'

/**
 * Finished jobs, for a short while, so that the waiting api need not ask the database. Never the truth, never required:
 * every call resolves, also when the server is gone (a miss, or nothing stored).
 */
export interface ResultCache {
  /** The outcome only: nothing of the input, and nothing of a job that was buried. */
  put(job: Job): Promise<void>
  get(tenant: string, id: string): Promise<Job | undefined>
  /**
   * Drop a job and keep it from coming back by a `put` that is still under way.
   * @returns false when the server did not say that it is gone: ask again
   */
  bury(tenant: string, id: string): Promise<boolean>
  /** false while the server does not answer */
  healthy(): boolean
}
