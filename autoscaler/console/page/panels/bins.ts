import { type Child, h } from '../dom/element.ts'
import { type Column, table } from '../dom/table.ts'
import { percent } from '../words/numbers.ts'

/** A bin of a distribution, as shares of the whole. */
interface Bin {
  readonly label: string
  readonly reference: number
  readonly present: number
}

const COLUMNS: readonly Column[] = [
  { name: 'Value' },
  { name: 'Before', kind: 'number' },
  { name: 'Now', kind: 'number' },
]

/** Two distributions side by side: what it was, and what it is. */
export const bins = (all: readonly Bin[], title: string): readonly Child[] => {
  const most = Math.max(0.01, ...all.flatMap(({ reference, present }) => [reference, present]))
  const bar = (ratio: number, kind: string) =>
    h('i', { class: `bin-${kind}`, style: { height: `${(ratio / most) * 100}%` } })
  return [
    h(
      'ul',
      { class: 'legend', 'aria-hidden': 'true' },
      h('li', {}, h('i', { class: 'bin-key bin-reference' }), 'before'),
      h('li', {}, h('i', { class: 'bin-key bin-present' }), 'now'),
    ),
    h(
      'div',
      { class: 'bins', role: 'img', 'aria-label': `${title}: before and now, by value; the table has the numbers` },
      ...all.map(({ label, reference, present }) =>
        h(
          'div',
          { class: 'bin', title: `${label}: ${percent(reference)} before, ${percent(present)} now` },
          h('div', { class: 'bin-bars' }, bar(reference, 'reference'), bar(present, 'present')),
          h('span', { class: 'bin-label' }, label),
        ),
      ),
    ),
    h(
      'details',
      { class: 'chart-table' },
      h('summary', {}, 'Table'),
      table({
        label: `${title} as a table`,
        columns: COLUMNS,
        rows: all.map(({ label, reference, present }) => ({
          key: label,
          cells: [label, percent(reference), percent(present)],
        })),
      }),
    ),
  ]
}
