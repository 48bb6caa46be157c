import { AppError } from '../../infra/domain/errors.ts'
import type { ScheduleWindow } from '../../infra/domain/scaling.ts'
import { decide } from '../policy.ts'
import { scheduleEffect, windowProblems } from '../schedule.ts'
import type { ReplaySettings, ScalingPolicy } from './replay.ts'
import { TRACE_STEP_SECONDS } from './trace.ts'

/** A file that is no list of schedule windows. */
export class ScheduleInvalidError extends AppError {
  readonly code = 'SCHEDULE_INVALID'
  readonly retryable = false
}

const POOL = 'simulated'

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
    const window = { name: `window-${index + 1}`, ...blank, ...one, pool: POOL } as ScheduleWindow
    const [problem] = windowProblems(window)
    if (problem !== undefined) throw new ScheduleInvalidError(`window ${index + 1}: ${problem}`)
    return window
  })
}

/**
 * A policy under a schedule, by the very function the controller decides with.
 * @param startAt epoch ms of the first step
 */
export const scheduledPolicy = (
  policy: ScalingPolicy,
  windows: readonly ScheduleWindow[],
  startAt: number,
  { minCount, maxCount }: ReplaySettings,
): ScalingPolicy => ({
  ...policy,
  desired(view) {
    const now = startAt + view.step * TRACE_STEP_SECONDS * 1_000
    return decide({
      pool: POOL,
      now,
      count: view.count,
      forecast: { desired: policy.desired(view), why: policy.name },
      backstop: 0,
      schedule: scheduleEffect(windows, POOL, now),
      override: undefined,
      bounds: { min: minCount, max: maxCount },
      doubts: [],
    }).to
  },
})
