import { h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import type { Fact } from '../words/pool-facts.ts'

const SHOWN: ReadonlySet<Fact['level']> = new Set(['well', 'watch', 'bad'])

/** Numbers to be read at a glance. */
export const factList = (facts: readonly Fact[]): HTMLElement =>
  h(
    'dl',
    { class: 'facts' },
    ...facts.map(({ name, value, note, level }) =>
      h(
        'div',
        { class: `fact is-${level}` },
        h('dt', {}, name),
        h(
          'dd',
          {},
          SHOWN.has(level) && icon(level, level),
          h('b', {}, value),
          note && h('span', { class: 'note' }, note),
        ),
      ),
    ),
  )
