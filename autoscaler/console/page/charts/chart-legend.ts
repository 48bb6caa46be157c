import { type Child, h, svg } from '../dom/element.ts'
import { UNKNOWN } from '../words/numbers.ts'
import type { ChartData, ChartSpec, LineSpec } from './chart-spec.ts'
import { lastOf, valueAt } from './time-table.ts'

const swatch = ({ colour, dash, edge }: LineSpec): SVGSVGElement =>
  svg(
    'svg',
    { class: `swatch ink-${colour}`, viewBox: '0 0 24 10', 'aria-hidden': 'true' },
    edge
      ? svg('rect', { x: 0, y: 1, width: 24, height: 8, class: 'swatch-band' })
      : svg('line', { x1: 0, y1: 5, x2: 24, y2: 5, ...(dash && { 'stroke-dasharray': dash.join(' ') }) }),
  )

/** The value of a line at an instant in words; its last one where nobody points anywhere. */
const saidBy = (spec: ChartSpec, data: ChartData, index: number, at: number | undefined): string => {
  const line = data.lines[index]
  if (!line) return UNKNOWN
  const isPast = { times: line.times.filter((one) => one <= data.now), values: line.values }
  const seen =
    at === undefined ? lastOf({ ...isPast, values: line.values.slice(0, isPast.times.length) }) : valueAt(line, at)
  return seen === null ? UNKNOWN : spec.words(seen)
}

/** What each line is and says, at the instant somebody points at. The two edges of a band are one entry. */
export const legendEntries = (spec: ChartSpec, data: ChartData, at: number | undefined): readonly Child[] =>
  spec.lines.flatMap((line, index): readonly Child[] => {
    if (line.edge && index !== spec.band?.[1]) return []
    const words = line.edge
      ? `${saidBy(spec, data, index, at)} to ${saidBy(spec, data, spec.band?.[0] ?? index, at)}`
      : saidBy(spec, data, index, at)
    return [h('li', {}, swatch(line), h('span', { class: 'legend-name' }, line.name), h('b', {}, words))]
  })

/** The same in one line, for those who listen. */
export const legendWords = (spec: ChartSpec, data: ChartData, at: number): string =>
  spec.lines.map(({ name }, index) => `${name} ${saidBy(spec, data, index, at)}`).join(', ')
