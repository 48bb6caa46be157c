/** Why a day of jobs stays though its time is over. */
export type DayNeeded =
  /** a job of it is not over */
  | 'open'
  /** a legal hold keeps one of its jobs */
  | 'held'
  /** something of one of its jobs is kept for longer, or is not erased yet */
  | 'kept'
  /** one of its idempotency keys is still known */
  | 'keyed'
  /** so much was going on that it could not be taken out without holding others up; the next round tries again */
  | 'busy'

/** What became of days whose time is over. */
export interface DaysOver {
  /** gone, with all their rows */
  readonly dropped: readonly string[]
  readonly kept: readonly { readonly name: string; readonly why: DayNeeded }[]
}

/** How the jobs are cut. */
export interface DaySigns {
  /** tables that the jobs lie in (count) */
  readonly count: number
  /** days after today that are there without a gap (count) */
  readonly aheadCount: number
  /** jobs whose id belongs to no day, for example from an api whose clock is far off (count) */
  readonly strayCount: number
  /** locks the server has room for at once, of all its connections (count) */
  readonly lockCount: number
}

/**
 * Jobs lie in days, each a table of its own, so that a day that is over goes as a whole and costs the same however many
 * jobs it had. Where they are one table still, nothing is done and nothing is forgotten. Every replica may call this at once.
 * @throws UnavailableError
 */
export interface JobDays {
  /** Make the days until so many from today. @returns those that were not there */
  make(aheadCount: number): Promise<readonly string[]>
  /** Forget idempotency keys of jobs older than this, the oldest first and at most so many. @returns how many */
  forgetKeys(olderThanMs: number, limit: number): Promise<number>
  /** Drop the days all of whose jobs are older than this, and of which nothing is needed any more. */
  drop(olderThanMs: number): Promise<DaysOver>
  /** undefined = the jobs are one table */
  signs(): Promise<DaySigns | undefined>
}
