import { linearRegression, linearRegressionLine } from 'simple-statistics'
import { createReactive } from '../forecast/reactive.ts'
import { recentRate, stepsOf } from './recent-rate.ts'
import type { ReplaySettings, ScalingPolicy } from './replay.ts'
import { TRACE_STEP_SECONDS } from './trace.ts'

/** Kubernetes' HorizontalPodAutoscaler or KEDA on the request rate, at 80 % of a node's capacity. */
export const reactivePolicy = ({ capacity }: ReplaySettings): ScalingPolicy => {
  const reactive = createReactive(capacity, TRACE_STEP_SECONDS)
  return {
    name: 'hpa 80 %',
    everySteps: 1,
    desired: (view) => reactive({ rate: recentRate(view, 60), backlog: view.backlog, count: view.count }),
  }
}

const COOLDOWN_SECONDS = 300
const NOMAD_THRESHOLD = 0.01
const NOMAD_TARGET = 0.8

/**
 * Nomad Autoscaler's `target-value`: the last reading only, a factor on the nodes that run, five minutes of rest after
 * every change. @source hashicorp/nomad-autoscaler, plugins/builtin/strategy/target-value
 */
export const targetValuePolicy = ({ capacity }: ReplaySettings): ScalingPolicy => {
  let restUntil = 0
  return {
    name: 'nomad target-value',
    everySteps: 1,
    desired(view) {
      if (view.step < restUntil) return view.count
      const factor = recentRate(view, 60) / (view.readyCount * capacity * NOMAD_TARGET)
      if (Math.abs(factor - 1) <= NOMAD_THRESHOLD) return view.count
      const wanted = Math.ceil(view.readyCount * factor)
      if (wanted !== view.count) restUntil = view.step + stepsOf(COOLDOWN_SECONDS)
      return wanted
    },
  }
}

const REGRESSION_SECONDS = 1200
const REGRESSION_MINUTES = 30
const REGRESSION_HEADROOM = 1.2

/** One linear regression every 20 minutes over the last 30, drawn 20 minutes ahead, with a fifth on top. */
export const regressionPolicy = ({ capacity }: ReplaySettings): ScalingPolicy => ({
  name: 'regression, 20 min',
  everySteps: stepsOf(REGRESSION_SECONDS),
  desired(view) {
    const points: [number, number][] = []
    for (let minute = REGRESSION_MINUTES; minute >= 1; minute -= 1) {
      const step = view.step - stepsOf(60) * (minute - 1)
      if (step >= stepsOf(60)) points.push([-minute + 0.5, recentRate({ ...view, step }, 60)])
    }
    if (points.length < 2) return view.count
    const ahead = linearRegressionLine(linearRegression(points))(REGRESSION_SECONDS / 60)
    return Math.ceil((Math.max(0, ahead) * REGRESSION_HEADROOM) / capacity)
  },
})

/** Enough for the busiest minute there ever is, all the time. */
export const peakPolicy = (arrivals: Float64Array, { capacity }: ReplaySettings): ScalingPolicy => {
  const minute = stepsOf(60)
  let most = 0
  for (let step = 0; step + minute <= arrivals.length; step += minute)
    most = Math.max(most, arrivals.subarray(step, step + minute).reduce((sum, one) => sum + one, 0) / 60)
  return { name: 'static peak', everySteps: 1, desired: () => Math.ceil(most / capacity) }
}
