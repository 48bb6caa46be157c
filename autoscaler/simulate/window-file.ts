import { AppError } from '../../infra/domain/errors.ts'
import type { ScheduleWindow } from '../../infra/domain/scaling.ts'
import { windowProblems } from '../schedule.ts'
import { SIMULATED_POOL } from './muster-policy.ts'

/** A file that is no list of schedule windows. */
export class ScheduleInvalidError extends AppError {
  readonly code = 'SCHEDULE_INVALID'
  readonly retryable = false
}

/** What is in a file may be of any kind. */
const problemsOf = (window: ScheduleWindow): readonly string[] => {
  const { days, dates, except, start, end, timeZone } = window
  if (![days, dates, except].every(Array.isArray)) return ['days, dates and except are lists']
  if (![start, end, timeZone].every((text) => typeof text === 'string')) return ['timeZone, start and end are texts']
  return windowProblems(window)
}

/**
 * Read windows as JSON, a list of them. Whatever pool they name, they are for the one that is simulated.
 * @throws ScheduleInvalidError with what is wrong
 */
export const parseWindows = (text: string): readonly ScheduleWindow[] => {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (cause) {
    throw new ScheduleInvalidError('a schedule is written in JSON', { cause })
  }
  if (!Array.isArray(given)) throw new ScheduleInvalidError('a schedule is a list of windows')
  const blank = { dates: [], except: [], days: [], leadMinutes: 0, priority: 0, clause: 'floor' }
  return given.map((one: Partial<ScheduleWindow>, index) => {
    const window = { name: `window-${index + 1}`, ...blank, ...one, pool: SIMULATED_POOL } as ScheduleWindow
    const [problem] = problemsOf(window)
    if (problem !== undefined) throw new ScheduleInvalidError(`window ${index + 1}: ${problem}`)
    return window
  })
}
