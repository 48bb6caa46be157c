/** A job that something has to be deleted of. Its row has forgotten it already, and with it the key that opened it. */
export interface DueJob {
  readonly id: string
  readonly tenant: string
  /** keys of pictures that may still lie in storage */
  readonly pictures: readonly string[]
  /** also the result and everything else that was about a person */
  readonly whole: boolean
}

/** What is still there though its time is over (count). Counting ends at 10,000. */
export interface Overdue {
  readonly pictureJobs: number
  readonly resultJobs: number
}

/**
 * What must go, and when. A row forgets first and storage is cleared afterwards: whatever happens between the two, the
 * row stays due and is handed out again. A job that is not over yet is left alone until it is, one that is held until the
 * hold is lifted; neither is overdue.
 * @throws UnavailableError
 */
export interface RetentionStore {
  /** Jobs whose pictures or results are due. Each goes to one caller; without `cleared` it comes again after `leaseMs`. */
  takeDue(limit: number, leaseMs: number): Promise<readonly DueJob[]>
  /** Make a job that is over, and was not to be kept, forget everything now. @returns undefined when there was nothing */
  takeUnkept(tenant: string, id: string, leaseMs: number): Promise<DueJob | undefined>
  /**
   * What was taken of these is gone: of whole jobs everything, also from the cache, and their webhook deliveries with it; of
   * the others the pictures. A job that was erased between the two stays due.
   */
  cleared(jobs: readonly DueJob[]): Promise<void>
  /** Of these ids, the jobs whose pictures may lie in storage. */
  holders(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** Keys that no sweep may take by their age: uploads that are the pictures of open jobs, and pictures that are held. */
  spared(): Promise<ReadonlySet<string>>
  /** Of these ids, the jobs that were erased. */
  erased(ids: readonly string[]): Promise<readonly Pick<DueJob, 'id' | 'tenant'>[]>
  /** Jobs that were erased within the last `withinMs`, newest first. */
  erasedLately(withinMs: number, limit: number): Promise<readonly Pick<DueJob, 'id' | 'tenant'>[]>
  overdue(graceMs: number): Promise<Overdue>
}
