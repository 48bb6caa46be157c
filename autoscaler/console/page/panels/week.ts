import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { type Column, type Row, table } from '../dom/table.ts'
import { timeOf } from '../dom/time.ts'
import type { ScheduleRow } from '../state/resources.ts'
import { dayAndTime, time, weekday, zoneName } from '../words/instants.ts'
import { type DayPart, daysFrom, partsOf, says } from '../words/week.ts'

const block = (part: DayPart): HTMLElement => {
  const { row, startRatio, endRatio } = part
  const words = `${says(row)}: ${dayAndTime(Date.parse(row.from))} to ${dayAndTime(Date.parse(row.until))} (${row.windows.join(', ')})`
  return h(
    'span',
    {
      class: `week-block${row.contradiction ? ' is-contradicted' : ''}`,
      title: words,
      style: { left: `${startRatio * 100}%`, width: `${(endRatio - startRatio) * 100}%` },
    },
    says(row),
  )
}

const dayStrip = (rows: readonly ScheduleRow[], from: number, until: number, now: number): HTMLElement => {
  const parts = partsOf(rows, from, until)
  return h(
    'div',
    { class: 'week-day' },
    h('span', { class: 'week-name' }, weekday(from)),
    h(
      'span',
      { class: 'week-hours' },
      ...parts.map(block),
      now >= from &&
        now < until &&
        h('span', { class: 'week-now', style: { left: `${((now - from) / (until - from)) * 100}%` } }),
    ),
  )
}

const rowOf = (row: ScheduleRow): Row => {
  const [from, until] = [Date.parse(row.from), Date.parse(row.until)]
  const { contradiction, windows } = row
  return {
    key: row.from,
    cells: [
      [`${weekday(from)} `, timeOf(from, from)],
      [`${weekday(until)} `, timeOf(until, until)],
      says(row),
      [
        windows.join(', '),
        contradiction &&
          h('span', { class: 'trouble' }, icon('watch'), `they contradict each other: ${contradiction.holds} holds`),
      ],
    ],
  }
}

const COLUMNS: readonly Column[] = ['From', 'Until', 'Says', 'Windows'].map((name) => ({ name }))

/** What the schedule asks of a pool in the next seven days, a strip a day. @param rows some of them of this pool */
export const weekOf = (pool: string, rows: readonly ScheduleRow[], now: number): readonly Child[] => {
  const own = rows.filter((row) => row.pool === pool)
  const days = daysFrom(now)
  const next = own.find(({ until }) => Date.parse(until) > now)
  const summary = next
    ? `${Date.parse(next.from) <= now ? 'Now' : `Next, ${weekday(Date.parse(next.from))} ${time(Date.parse(next.from))}`}: ${says(next)} until ${weekday(Date.parse(next.until))} ${time(Date.parse(next.until))} (${next.windows.join(', ')}).`
    : ''
  return [
    h(
      'div',
      { class: 'week-box', role: 'img', 'aria-label': `The next 7 days of ${pool}. ${summary}` },
      h('div', { class: 'week' }, ...days.map(([from, until]) => dayStrip(own, from, until, now))),
    ),
    h('p', { class: 'quiet' }, `${summary} Each bar is a day from 0 to 24 h, ${zoneName()}.`),
    h(
      'details',
      { class: 'chart-table' },
      h('summary', {}, 'Table'),
      table({ label: `The schedule of ${pool} as a table`, columns: COLUMNS, rows: own.map(rowOf) }),
    ),
  ]
}
