/** What some runs had in common, and how long workers were busy with them. */
export interface UsageShare {
  readonly tenant: string
  readonly task: string
  /** every model that decided, `name@version` joined by commas; '' = none did */
  readonly model: string
  readonly runCount: number
  /** a worker with several jobs in hand shares its time among them: all shares add up to the time it was busy (ms) */
  readonly busyMs: number
}

/** What one worker process tells since its report before. */
export interface UsageReport {
  /** the process */
  readonly source: string
  /** counts its reports from 1; one that may not have arrived is told again under the same number */
  readonly number: number
  readonly pool: string
  /** how long it was there (ms) */
  readonly presentMs: number
  readonly shares: readonly UsageShare[]
}

/** An hour's sum. Hours are epoch ms of their start. */
export interface UsageHour extends UsageShare {
  readonly hour: number
  readonly pool: string
}

/** How long the workers of a pool were there in an hour. */
export interface PresenceHour {
  readonly hour: number
  readonly pool: string
  readonly presentMs: number
}

/**
 * What workers were busy with, by the hour; it outlives the jobs.
 * @throws UnavailableError
 */
export interface UsageStore {
  /** Counts in the hour in which it arrives, once, however often it is told. */
  tell(report: UsageReport): Promise<void>
  /** hours that begin in [from, until) @param from epoch ms @param until epoch ms */
  usage(from: number, until: number): Promise<readonly UsageHour[]>
  presence(from: number, until: number): Promise<readonly PresenceHour[]>
  /** @param before epoch ms @returns rows removed */
  forget(before: number): Promise<number>
}
