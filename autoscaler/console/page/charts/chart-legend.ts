import { type Child, h, svg } from '../dom/element.ts'
import { UNKNOWN } from '../words/numbers.ts'
import type { ChartData, ChartSpec, LineSpec } from './chart-spec.ts'
import { type Line, presentOf, valueAt } from './time-table.ts'

const swatch = ({ colour, dash, edge }: LineSpec): SVGSVGElement =>
  svg(
    'svg',
    { class: `swatch ink-${colour}`, viewBox: '0 0 24 10', 'aria-hidden': 'true' },
    edge
      ? svg('rect', { x: 0, y: 1, width: 24, height: 8, class: 'swatch-band' })
      : svg('line', { x1: 0, y1: 5, x2: 24, y2: 5, ...(dash && { 'stroke-dasharray': dash.join(' ') }) }),
  )

/** What a line says where nobody points anywhere: what is so now, or the first of what is to come. */
const present = (line: Line, now: number): number | null =>
  presentOf(line, now) ?? line.values[line.times.findLastIndex((at) => at <= now) + 1] ?? null

/** The value of a line at an instant in words. */
const saidBy = (spec: ChartSpec, data: ChartData, index: number, at: number | undefined): string => {
  const line = data.lines[index]
  const seen = line ? (at === undefined ? present(line, data.now) : valueAt(line, at)) : null
  return seen === null ? UNKNOWN : spec.words(seen)
}

/** What each line is and says, at the instant somebody points at. The two edges of a band are one entry. */
export const legendEntries = (spec: ChartSpec, data: ChartData, at: number | undefined): readonly Child[] =>
  spec.lines.flatMap((line, index): readonly Child[] => {
    if (line.edge && index !== spec.band?.[1]) return []
    const words = line.edge
      ? `${saidBy(spec, data, index, at)} to ${saidBy(spec, data, spec.band?.[0] ?? index, at)}`
      : saidBy(spec, data, index, at)
    return [
      h(
        'li',
        {},
        swatch(line),
        h('span', { class: 'legend-name' }, line.edge ? 'interval' : line.name),
        h('b', {}, words),
      ),
    ]
  })

/** The same in one line, for those who listen. */
export const legendWords = (spec: ChartSpec, data: ChartData, at: number): string =>
  spec.lines.map(({ name }, index) => `${name} ${saidBy(spec, data, index, at)}`).join(', ')
