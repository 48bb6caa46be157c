import { STEP_SECONDS } from './demand-series.ts'

/** What a reactive scaler sees. Rates in requests a second. */
export interface ReactiveView {
  /** mean of the last minute */
  readonly rate: number
  readonly backlog: number
  /** nodes working and booting (count) */
  readonly count: number
}

const TARGET = 0.8
const TOLERANCE = 0.1
/** Requests waiting that one node is given, before the queue asks for another. */
const BACKLOG_PER_NODE = 30
const STABILISATION_SECONDS = 300
const MIN_STEP_UP = 4

/**
 * What most fleets do: as many nodes as keep each at 80 % of its capacity, up at most twofold at a time, and down only to
 * the highest wish of the last five minutes. The yardstick: whatever costs more than this must be worth it.
 * @source Kubernetes HorizontalPodAutoscaler, algorithm and default behaviour; KEDA, two triggers of which the higher wins
 */
export const createReactive = (capacity: number, stepSeconds = STEP_SECONDS) => {
  const wishes: number[] = []
  const kept = Math.round(STABILISATION_SECONDS / stepSeconds)
  return ({ rate, backlog, count }: ReactiveView): number => {
    const need = Math.max(rate / (capacity * TARGET), backlog / BACKLOG_PER_NODE)
    const close = Math.abs(need / count - 1) <= TOLERANCE
    const wish = close ? count : Math.min(Math.ceil(need), Math.max(count * 2, count + MIN_STEP_UP))
    wishes.push(wish)
    if (wishes.length > kept) wishes.shift()
    return Math.max(1, wish < count ? Math.min(count, Math.max(...wishes)) : wish)
  }
}
