import { AppError, PoolUnknownError } from '../infra/domain/errors.ts'
import type { ScheduleWindow } from '../infra/domain/scaling.ts'
import type { AuditLog } from '../infra/ports/audit-log.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { ScheduleStore } from '../infra/ports/schedule-store.ts'
import type { Said } from './overrides.ts'
import { windowProblems } from './schedule.ts'
import { type UpcomingRow, upcoming } from './upcoming.ts'

/** A window that cannot be used, with everything that is wrong with it. */
export class WindowInvalidError extends AppError {
  readonly code = 'WINDOW_INVALID'
  readonly retryable = false
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('; '))
    this.problems = problems
  }
}

export class WindowNotFoundError extends AppError {
  readonly code = 'WINDOW_NOT_FOUND'
  readonly retryable = false
  constructor() {
    super('no window has this name')
  }
}

/** More of them than a person keeps in mind, and than one look can afford to read. */
export class TooManyWindowsError extends AppError {
  readonly code = 'TOO_MANY_WINDOWS'
  readonly retryable = false
  constructor() {
    super(`there may be at most ${MAX_WINDOWS} windows`)
  }
}

interface ScheduleDeps {
  readonly store: ScheduleStore
  readonly audit: AuditLog
  readonly clock: Pick<Clock, 'now'>
  /** names of all there are */
  readonly pools: readonly string[]
}

/** The times at which people want certain counts. Changes are in the audit trail before they take effect. @throws UnavailableError */
export interface Schedules {
  list(): Promise<readonly ScheduleWindow[]>
  /** Add it, or replace the one of its name. @throws WindowInvalidError, PoolUnknownError, TooManyWindowsError */
  put(window: ScheduleWindow, by: Said): Promise<void>
  /** @throws WindowNotFoundError */
  remove(name: string, by: Said): Promise<void>
  /** What the schedule asks for from now on, pool by pool. @param pool all unless told @param days 7 unless told */
  next(query?: { readonly pool?: string | undefined; readonly days?: number }): Promise<readonly UpcomingRow[]>
}

const MAX_WINDOWS = 200
const WEEK_DAYS = 7
const DAY_MS = 86_400_000

/** A window in a form that the trail can hold. */
const factsOf = (window: ScheduleWindow | undefined) =>
  window ? { ...window, days: [...window.days], dates: [...window.dates], except: [...window.except] } : null

/** Builds the use case. */
export const createSchedules = ({ store, audit, clock, pools }: ScheduleDeps): Schedules => {
  const note = (by: Said, action: string, target: string, before?: ScheduleWindow, after?: ScheduleWindow) => {
    const details = { before: factsOf(before), after: factsOf(after) }
    return audit.record({ ...by, action, tenant: null, target: `window:${target}`, details })
  }
  return {
    list: () => store.list(),
    async put(window, by) {
      const problems = windowProblems(window)
      if (problems.length > 0) throw new WindowInvalidError(problems)
      if (!pools.includes(window.pool)) throw new PoolUnknownError(window.pool)
      const windows = await store.list()
      const before = windows.find(({ name }) => name === window.name)
      if (!before && windows.length >= MAX_WINDOWS) throw new TooManyWindowsError()
      await note(by, 'schedule_changed', window.name, before, window)
      await store.put(window, by.actor)
    },
    async remove(name, by) {
      const before = (await store.list()).find((window) => window.name === name)
      if (!before) throw new WindowNotFoundError()
      await note(by, 'schedule_removed', name, before)
      if (!(await store.remove(name))) throw new WindowNotFoundError()
    },
    async next({ pool, days = WEEK_DAYS } = {}) {
      const windows = await store.list()
      const from = clock.now()
      const asked = pool === undefined ? pools : [pool]
      return asked.flatMap((name) => upcoming(windows, name, from, from + days * DAY_MS))
    },
  }
}
