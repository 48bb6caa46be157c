import { h } from '../dom/element.ts'
import { timeOf } from '../dom/time.ts'
import { UNKNOWN } from '../words/numbers.ts'
import type { ChartData, ChartSpec } from './chart-spec.ts'
import { sampleTimes, valueAt } from './time-table.ts'

const MOST_ROWS = 40

/** A chart for those who would rather read: a row at every full so many minutes, newest first. */
export const chartTable = ({ title, lines, words }: ChartSpec, data: ChartData): HTMLElement => {
  const rows = sampleTimes(data.from, data.until, MOST_ROWS).toReversed()
  const cell = (index: number, at: number) => {
    const line = data.lines[index]
    const inside = line && at >= (line.times[0] ?? Number.POSITIVE_INFINITY) && at <= (line.times.at(-1) ?? 0) + 60_000
    const seen = inside ? valueAt(line, at) : null
    return h('td', { class: 'number' }, seen === null ? '–' : words(seen))
  }
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${title} as a table` },
    h(
      'table',
      {},
      h('caption', { class: 'hidden' }, `${title}; – means ${UNKNOWN}`),
      h(
        'thead',
        {},
        h('tr', {}, h('th', { scope: 'col' }, 'Time'), ...lines.map(({ name }) => h('th', { scope: 'col' }, name))),
      ),
      h(
        'tbody',
        {},
        ...rows.map((at) =>
          h('tr', {}, h('th', { scope: 'row' }, timeOf(at, data.now)), ...lines.map((_, index) => cell(index, at))),
        ),
      ),
    ),
  )
}
