import { type Child, h } from '../dom/element.ts'
import { type Column, table } from '../dom/table.ts'
import { hopNotes } from '../words/hop-notes.ts'
import { duration, percent } from '../words/numbers.ts'

/** A hop on the way of a job. */
interface Hop {
  readonly hop: string
  readonly startMs: number
  readonly durationMs: number
}

const COLUMNS: readonly Column[] = [
  { name: 'Hop' },
  { name: '', kind: 'drawing' },
  ...['After', 'Took', 'Of all'].map((name) => ({ name, kind: 'number' }) as const),
]

/** Where the time of a job went, hop after hop, each bar where it was. */
export const waterfall = (hops: readonly Hop[]): readonly Child[] => {
  const total = Math.max(1, ...hops.map(({ startMs, durationMs }) => startMs + durationMs))
  const longest = hops.toSorted((a, b) => b.durationMs - a.durationMs)[0]
  if (!longest) return [h('p', { class: 'quiet' }, 'Nothing is known of its hops yet.')]
  const share = (ms: number): string => `${(ms / total) * 100}%`
  const rows = hops.map(({ hop, startMs, durationMs }, index) => ({
    key: `${index}/${hop}`,
    isNamed: hop === longest.hop,
    cells: [
      hop,
      h(
        'span',
        { class: 'hop-bars' },
        h('span', {
          class: `hop-bar${hop === 'unknown' ? ' is-unknown' : ''}`,
          style: { left: share(startMs), width: share(durationMs) },
        }),
      ),
      ...[duration(startMs), duration(durationMs), percent(durationMs / total)],
    ],
  }))
  return [
    h(
      'p',
      {},
      `${duration(total)} in all, most of it in `,
      h('b', {}, longest.hop),
      ` (${duration(longest.durationMs)}).`,
    ),
    h('div', { class: 'waterfall' }, table({ label: 'Waterfall', columns: COLUMNS, rows })),
    h('p', { class: 'quiet' }, hopNotes(hops.map(({ hop }) => hop))),
  ]
}
