import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import type { Pool } from '../state/resources.ts'
import { count } from '../words/numbers.ts'

const LEVELS: Readonly<Record<string, Level>> = { well: 'well', short: 'bad', lost: 'bad', tried: 'watch' }

/** How a pool is spread; nothing where its fleet has no zones. */
export const zoneTable = ({ zones }: Pool): readonly Child[] =>
  zones === null
    ? []
    : [
        h(
          'table',
          { class: 'zones' },
          h('caption', {}, 'Zones'),
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...['Zone', 'Is', 'Asked for', 'Running', 'Ready'].map((name) => h('th', { scope: 'col' }, name)),
            ),
          ),
          h(
            'tbody',
            {},
            ...zones.map(({ zone, condition, asked, running, ready }) =>
              h(
                'tr',
                { 'data-key': zone },
                h('th', { scope: 'row' }, zone),
                h('td', {}, icon(LEVELS[condition] ?? 'unknown'), ` ${condition}`),
                ...[asked, running, ready].map((value) => h('td', { class: 'number' }, count(value))),
              ),
            ),
          ),
        ),
      ]
