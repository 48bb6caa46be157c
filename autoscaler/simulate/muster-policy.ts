import type { ScheduleWindow } from '../../infra/domain/scaling.ts'
import { backstop } from '../damping.ts'
import { STEP_SECONDS } from '../forecast/demand-series.ts'
import { Forecaster } from '../forecast/forecaster.ts'
import { decide } from '../policy.ts'
import { scheduleEffect } from '../schedule.ts'
import { triggerDoubts } from '../triggers/words.ts'
import { recentRate, stepsOf } from './recent-rate.ts'
import type { ReplaySettings, ScalingPolicy } from './replay.ts'
import { TRACE_STEP_SECONDS } from './trace.ts'
import { type ReplayedTriggers, withoutTriggers } from './trigger-replay.ts'

/** When the replay begins, and what people have written down for it. */
export interface Calendar {
  /** epoch ms of the first step */
  readonly startAt: number
  readonly windows: readonly ScheduleWindow[]
}

/** The pool of windows that are simulated. */
export const SIMULATED_POOL = 'simulated'

/** Muster's own, by the very files the controller forecasts and decides with. */
export const musterPolicy = (
  { capacity, bootSeconds, minCount, maxCount, warmUpSteps }: ReplaySettings,
  { startAt, windows }: Calendar,
  triggers: ReplayedTriggers = withoutTriggers,
): ScalingPolicy => {
  const bootSteps = Math.ceil(bootSeconds / STEP_SECONDS)
  const forecaster = new Forecaster({ capacity, bootSteps, minCount, maxCount })
  const everySteps = stepsOf(STEP_SECONDS)
  return {
    name: 'muster',
    everySteps,
    desired(view) {
      const now = startAt + view.step * TRACE_STEP_SECONDS * 1_000
      if (view.step > 0) {
        let offered = 0
        for (let back = 1; back <= everySteps; back += 1) offered += view.requests(view.step - back)
        forecaster.observe(offered)
      }
      const forecast = forecaster.forecast()
      const readings = triggers.look(now, view.readyCount, view.step >= warmUpSteps)
      return decide({
        pool: SIMULATED_POOL,
        now,
        count: view.count,
        forecast: forecast && { desired: forecast.desired, why: forecast.expert },
        backstop: backstop(view.backlog, view.readyCount, recentRate(view, 60), capacity, bootSeconds),
        schedule: scheduleEffect(windows, SIMULATED_POOL, now),
        override: undefined,
        bounds: { min: minCount, max: maxCount },
        doubts: triggerDoubts(readings),
        triggers: readings,
      }).to
    },
  }
}
