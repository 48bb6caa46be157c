import type { Job } from '../domain/job.ts'

/**
 * Finished jobs, for a short while, so that the waiting api need not ask the database. Never the truth, never required:
 * every call resolves, also when the server is gone (a miss, or nothing stored).
 */
export interface ResultCache {
  put(job: Job): Promise<void>
  get(tenant: string, id: string): Promise<Job | undefined>
  drop(tenant: string, id: string): Promise<void>
  /** false while the server does not answer */
  healthy(): boolean
}
