import { table } from '../dom/table.ts'
import { timeOf } from '../dom/time.ts'
import type { ChartData, ChartSpec } from './chart-spec.ts'
import { sampleTimes, valueAt } from './time-table.ts'

const MOST_ROWS = 40
const MINUTE_MS = 60_000
/** In a cell of which nothing is known. */
const NOTHING = '–'

/** A chart for those who would rather read: a row at every full so many minutes, newest first. A dash is what is unknown. */
export const chartTable = ({ title, lines, words }: ChartSpec, data: ChartData): HTMLElement => {
  const times = sampleTimes(data.from, data.until, MOST_ROWS).toReversed()
  const cell = (index: number, at: number): string => {
    const line = data.lines[index]
    const isInside =
      line && at >= (line.times[0] ?? Number.POSITIVE_INFINITY) && at <= (line.times.at(-1) ?? 0) + MINUTE_MS
    const seen = isInside ? valueAt(line, at) : null
    return seen === null ? NOTHING : words(seen)
  }
  const rows = times.map((at) => ({
    key: String(at),
    said: lines.map((_, index) => cell(index, at)),
    at,
  }))
  return table({
    label: `${title} as a table`,
    columns: [{ name: 'Time' }, ...lines.map(({ name }) => ({ name, kind: 'number' }) as const)],
    rows: rows
      .filter(({ said }) => said.some((words) => words !== NOTHING))
      .map(({ key, said, at }) => ({ key, cells: [timeOf(at, data.now), ...said] })),
  })
}
