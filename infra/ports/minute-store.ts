import type { Sum } from '../domain/duration-sum.ts'
import type { PoolMinute, Series } from '../domain/pool-minute.ts'

/** What a process adds to one sum. */
export interface MinutePart extends Sum {
  /** epoch ms of the minute's start, by the clock of whoever tells */
  readonly at: number
  readonly pool: string
  readonly series: Series
}

/** What one process tells since its report before. */
export interface MinuteReport {
  /** the process */
  readonly source: string
  /** counts its reports from 1; one that may not have arrived is told again under the same number */
  readonly number: number
  /** epoch ms by its clock when it tells */
  readonly now: number
  /** one for each minute, pool and series at most */
  readonly parts: readonly MinutePart[]
}

/**
 * What happened in pools, by the minute: sums of what all processes tell.
 * @throws UnavailableError
 */
export interface MinuteStore {
  /** Adds a report, once, however often it is told. A clock that is a minute off is put right by the database's. */
  tell(report: MinuteReport): Promise<void>
  /**
   * What began in [from, until), oldest first; where nothing happened there is no minute.
   * @param from epoch ms
   * @param until epoch ms
   * @param stepMs minutes that begin in the same step come as one; steps are counted from the epoch
   * @param detail what was told of each task as well; without it only what is of the pool
   */
  minutes(pool: string, from: number, until: number, stepMs: number, detail?: 'tasks'): Promise<readonly PoolMinute[]>
  /**
   * Make rows fewer, without a loss: what is older becomes one row a series and step.
   * @param before epoch ms
   * @param limit rows taken away at most
   * @returns rows taken away
   */
  rollUp(before: number, stepMs: number, limit: number): Promise<number>
  /** @param before epoch ms @returns rows removed */
  forget(before: number): Promise<number>
}
