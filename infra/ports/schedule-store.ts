import type { ScheduleWindow } from '../domain/scaling.ts'

/** Windows that people wrote down. Names are unique over all pools. @throws UnavailableError */
export interface ScheduleStore {
  list(): Promise<readonly ScheduleWindow[]>
  /** add it, or replace the one of this name */
  put(window: ScheduleWindow, actor: string): Promise<void>
  /** @returns false = there was none */
  remove(name: string): Promise<boolean>
}
