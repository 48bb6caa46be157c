import { failuresChart, latencyChart } from '../charts/answer-charts.ts'
import { countChart } from '../charts/count-chart.ts'
import { dataOf, type Picture, type PoolChart } from '../charts/picture.ts'
import { ageChart, depthChart } from '../charts/queue-charts.ts'
import { rateChart } from '../charts/rate-chart.ts'
import { createTimeChart } from '../charts/time-chart.ts'
import { batchChart, busyChart } from '../charts/work-charts.ts'
import { h } from '../dom/element.ts'
import { live } from '../dom/live.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import type { PoolData } from '../state/pool-data.ts'
import { zoneName } from '../words/instants.ts'
import { trouble } from './panel.ts'
import { rangePicker } from './range-picker.ts'

const CHARTS: readonly PoolChart[] = [
  rateChart,
  countChart,
  depthChart,
  ageChart,
  latencyChart,
  failuresChart,
  batchChart,
  busyChart,
]

const REDRAW_MS = 5_000

const pictureOf = (console: Console, { history, minutes, plan }: PoolData): Picture => {
  const { backMs, aheadMs } = console.range.get()
  const now = Date.now()
  const told = minutes.state.get().value
  return {
    looks: history.state.get().value ?? [],
    minutes: told?.minutes ?? [],
    plan: plan.state.get().value,
    ...{ from: now - backMs, until: now + aheadMs, now, stepMs: (told?.step ?? 1) * 60_000 },
  }
}

/** What a pool did and is expected to do, chart by chart, all over the same time. */
export const poolCharts = (console: Console, life: Life, data: PoolData, onPick: (at: number) => void): HTMLElement => {
  const charts = CHARTS.map((one) => ({ one, chart: createTimeChart(one.spec, { console, life, onPick }) }))
  const show = (): void => {
    const picture = pictureOf(console, data)
    for (const { one, chart } of charts) chart.show(dataOf(one, picture))
  }
  const troubles = live('div', { class: 'panel-body' }, () => [
    ...trouble(data.history.state.get()),
    ...(data.minutes.state.get().problem ? trouble(data.minutes.state.get()) : []),
  ])
  const follow = (): void => {
    show()
    troubles.refresh()
  }
  for (const source of [data.history, data.minutes, data.plan]) life.onEnd(source.state.watch(follow))
  const timer = setInterval(show, REDRAW_MS)
  life.onEnd(() => clearInterval(timer))
  requestAnimationFrame(show)
  return h(
    'section',
    { class: 'charts', 'aria-labelledby': 'charts-title' },
    h(
      'div',
      { class: 'panel-head' },
      h('h2', { id: 'charts-title' }, 'What it did, and what is expected'),
      rangePicker(console, life),
    ),
    h(
      'p',
      { class: 'quiet' },
      `Times are in ${zoneName()}. Point at a chart to read it; click, or press Enter, to see the decision of that moment.`,
    ),
    troubles.element,
    h('div', { class: 'chart-grid' }, ...charts.map(({ chart }) => chart.element)),
  )
}
