import { h } from '../dom/element.ts'
import { live } from '../dom/live.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { dayAndTime, time } from '../words/instants.ts'
import { legendEntries, legendWords } from './chart-legend.ts'
import type { ChartData, ChartSpec } from './chart-spec.ts'
import { chartTable } from './chart-table.ts'
import { createPlot, type Plot } from './plot.ts'
import { joinLines } from './time-table.ts'

const HEIGHT = 176
const PAGE_STEPS = 10
const DAY_MS = 24 * 3_600_000

/** A chart with its legend, its words and its table. */
export interface TimeChart {
  readonly element: HTMLElement
  show(data: ChartData): void
}

/** Who uses it. */
export interface ChartDeps {
  readonly console: Pick<Console, 'themes'>
  readonly life: Life
  /** somebody wants to know more of an instant (epoch ms) */
  readonly onPick: (at: number) => void
}

/** Where the keys take somebody from an instant. @param times those that can be stood on; undefined = the key is none of ours */
const moved = (key: string, times: readonly number[], at: number | undefined): number | undefined => {
  const last = times.length - 1
  const here =
    at === undefined
      ? last
      : Math.max(
          0,
          times.findLastIndex((one) => one <= at),
        )
  const steps: Readonly<Record<string, number>> = {
    ...{ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 },
    ...{ PageDown: -PAGE_STEPS, PageUp: PAGE_STEPS, Home: -times.length, End: times.length },
  }
  const step = steps[key]
  return step === undefined ? undefined : times[Math.min(last, Math.max(0, here + step))]
}

/** Keys do what a pointer does: arrows move it, Enter picks. */
const listenToKeys = (
  room: HTMLElement,
  at: () => number | undefined,
  times: () => readonly number[],
  chart: { point(at: number): void; pick(at: number): void },
): void => {
  room.addEventListener('keydown', (event) => {
    const now = at()
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      const last = now ?? times().at(-1)
      if (last !== undefined) chart.pick(last)
      return
    }
    const next = moved(event.key, times(), now)
    if (next === undefined) return
    event.preventDefault()
    chart.point(next)
  })
}

const parts = (spec: ChartSpec, id: string) => {
  const room = h('div', {
    class: 'plot',
    role: 'slider',
    tabindex: 0,
    'aria-label': `${spec.title} over time; Enter explains`,
    'aria-valuemin': 0,
    'aria-valuemax': 0,
    'aria-valuenow': 0,
  })
  const summary = h('p', { class: 'chart-summary', id: `${id}-words` })
  const details = h('details', { class: 'chart-table' }, h('summary', {}, 'Table'), h('div'))
  return { room, summary, details }
}

/** Build one. It draws as soon as it has something to show and a place on the page. */
export const createTimeChart = (spec: ChartSpec, { console, life, onPick }: ChartDeps): TimeChart => {
  const id = `chart-${spec.title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
  const { room, summary, details } = parts(spec, id)
  let [data, plot, pointed]: [ChartData | undefined, Plot | undefined, number | undefined] = [
    undefined,
    undefined,
    undefined,
  ]
  const legend = live('ul', { class: 'legend' }, () => (data ? legendEntries(spec, data, pointed) : []))
  const caption = h('figcaption', {}, h('h3', { id }, spec.title, h('span', { class: 'unit' }, ` ${spec.unit}`)))
  const element = h(
    'figure',
    { class: 'chart', 'aria-labelledby': id },
    caption,
    legend.element,
    room,
    summary,
    details,
  )

  const stands = () =>
    data ? joinLines(data.lines).times.filter((at) => data && at <= data.now && at >= data.from) : []
  const describe = (): void => {
    if (!data) return
    const at = Math.min(pointed ?? data.now, data.until)
    room.setAttribute('aria-valuemin', String(Math.round(data.from / 1_000)))
    room.setAttribute('aria-valuemax', String(Math.round(data.until / 1_000)))
    room.setAttribute('aria-valuenow', String(Math.round(at / 1_000)))
    const when = data.until - data.from > DAY_MS ? dayAndTime(at) : time(at)
    room.setAttribute('aria-valuetext', `${when}: ${legendWords(spec, data, at)}`)
  }
  const unfold = (): void => {
    if (details.open && data) details.lastElementChild?.replaceChildren(chartTable(spec, data))
  }
  const point = (at: number | undefined): void => {
    pointed = at
    legend.refresh()
    describe()
  }
  details.addEventListener('toggle', unfold)
  room.addEventListener('blur', () => plot?.point(undefined))
  room.addEventListener('click', () => pointed !== undefined && onPick(pointed))
  listenToKeys(room, () => pointed, stands, { point: (at) => plot?.point(at), pick: onPick })
  const sizes = new ResizeObserver(() => room.clientWidth > 0 && plot?.resize(room.clientWidth, HEIGHT))
  sizes.observe(room)
  life.onEnd(console.themes.shown.watch(() => requestAnimationFrame(() => plot?.repaint())))
  life.onEnd(() => sizes.disconnect())
  life.onEnd(() => plot?.end())

  return {
    element,
    show(next) {
      data = next
      summary.textContent = next.summary
      if (plot) plot.show()
      else if (room.isConnected) plot = createPlot(spec, { data: () => data ?? next, onPoint: point }, room, HEIGHT)
      legend.refresh()
      describe()
      unfold()
    },
  }
}
