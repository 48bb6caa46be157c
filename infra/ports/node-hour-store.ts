/** How long nodes of a pool had a place in one zone in one hour. */
export interface NodeHour {
  /** epoch ms of its start */
  readonly hour: number
  readonly pool: string
  /** '' = the fleet has none */
  readonly zone: string
  readonly nodeMs: number
  /** of the hour, so much was looked at: of the rest nothing is known (ms) */
  readonly observedMs: number
  /** most nodes of the pool at once, in all zones (count) */
  readonly poolPeakCount: number
  /** null = it could not be seen */
  readonly workersPerNode: number | null
}

/**
 * Node time by the hour; it outlives the decisions it was read from.
 * @throws UnavailableError
 */
export interface NodeHourStore {
  /** Put in place of what is known of these hours, pools and zones. */
  keep(hours: readonly NodeHour[]): Promise<void>
  /** hours that begin in [from, until), oldest first */
  list(from: number, until: number): Promise<readonly NodeHour[]>
  /** start of the newest hour that is kept of a pool; undefined = none is */
  newest(pool: string): Promise<number | undefined>
  /** @param before epoch ms @returns rows removed */
  forget(before: number): Promise<number>
}
