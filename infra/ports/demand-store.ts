/** What one api process was asked for in one minute, so far. */
export interface DemandCount {
  readonly pool: string
  /** epoch ms of the minute's start, by the api's clock */
  readonly minute: number
  /** checks that callers wanted, refused ones included (count) */
  readonly offeredCount: number
  /** of them refused: 429 and 503 (count) */
  readonly refusedCount: number
}

/** One minute of a pool, over all api processes. */
export interface DemandMinute {
  readonly minute: number
  readonly offeredCount: number
  readonly refusedCount: number
}

/** Which api processes tell of their demand. */
export interface DemandSource {
  readonly source: string
  /** since it was last heard of */
  readonly ageMs: number
  /** how far its clock was ahead of the database's then; below 0 = behind */
  readonly aheadMs: number
}

/**
 * Demand by pool and minute. Each api process says its own totals again and again: to say one twice changes nothing, and a
 * process that dies takes with it what it had not said yet.
 * @throws UnavailableError
 */
export interface DemandStore {
  /**
   * Totals of minutes that changed. An empty list says: I am here, and there is nothing. What is said of a minute that is
   * closed by now is not taken.
   * @param now epoch ms, by the clock of the process
   */
  put(source: string, counts: readonly DemandCount[], now: number): Promise<void>
  /** This process ends: it is not missed from now on. */
  leave(source: string): Promise<void>
  /** Sums over all processes, oldest first. A minute in which none was asked for anything is missing. @param from epoch ms, inclusive @param until exclusive */
  minutes(pool: string, from: number, until: number): Promise<readonly DemandMinute[]>
  /** Processes that did not leave and were heard of in the last hour. */
  sources(): Promise<readonly DemandSource[]>
  /**
   * Close all minutes before an instant, but none of the last hour, and make one row of each that has several. Each count is added once, whoever
   * closes at the same time. @returns rows that became part of another; below `limit` = there are no more
   */
  rollUp(before: number, limit: number): Promise<number>
  /** @param before epoch ms @returns rows removed */
  forget(before: number): Promise<number>
}
