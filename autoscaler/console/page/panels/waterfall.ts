import { type Child, h } from '../dom/element.ts'
import { duration, percent } from '../words/numbers.ts'

/** A hop on the way of a job. */
interface Hop {
  readonly hop: string
  readonly startMs: number
  readonly durationMs: number
}

/** Where the time of a job went, hop after hop, each bar where it was. */
export const waterfall = (hops: readonly Hop[]): readonly Child[] => {
  const total = Math.max(1, ...hops.map(({ startMs, durationMs }) => startMs + durationMs))
  const longest = hops.toSorted((a, b) => b.durationMs - a.durationMs)[0]
  if (!longest) return [h('p', { class: 'quiet' }, 'Nothing is known of its hops yet.')]
  const share = (ms: number): string => `${(ms / total) * 100}%`
  const row = ({ hop, startMs, durationMs }: Hop) =>
    h(
      'tr',
      { class: hop === longest.hop ? 'is-named' : '' },
      h('th', { scope: 'row' }, hop),
      h(
        'td',
        { class: 'bar-cell is-wide', 'aria-hidden': 'true' },
        h('span', {
          class: `bar${hop === 'unknown' ? ' is-unknown' : ''}`,
          style: { left: share(startMs), width: share(durationMs) },
        }),
      ),
      h('td', { class: 'number' }, duration(startMs)),
      h('td', { class: 'number' }, duration(durationMs)),
      h('td', { class: 'number' }, percent(durationMs / total)),
    )
  const names = ['Hop', '', 'After', 'Took', 'Of all']
  return [
    h(
      'p',
      {},
      `${duration(total)} in all, most of it in `,
      h('b', {}, longest.hop),
      ` (${duration(longest.durationMs)}).`,
    ),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Waterfall' },
      h(
        'table',
        { class: 'hops waterfall' },
        h('thead', {}, h('tr', {}, ...names.map((name) => (name ? h('th', { scope: 'col' }, name) : h('td', {}))))),
        h('tbody', {}, ...hops.map(row)),
      ),
    ),
  ]
}
