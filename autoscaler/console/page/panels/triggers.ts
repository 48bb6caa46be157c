import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import type { Trigger } from '../state/resources.ts'
import { createSource } from '../state/source.ts'
import { span } from '../words/instants.ts'
import { amount, plural, UNKNOWN } from '../words/numbers.ts'
import { following, panel } from './panel.ts'

const EVERY_MS = 15_000

const levelOf = (state: string): Level => {
  if (state === 'unknown') return 'watch'
  return state === 'asks' ? 'note' : 'well'
}

const row = (trigger: Trigger): HTMLElement => {
  const { pool, name, query, targetPerNode, value, ageSeconds, asks, state, why } = trigger
  return h(
    'tr',
    { 'data-key': `${pool}/${name}` },
    h('th', { scope: 'row' }, name, h('code', { class: 'block' }, query)),
    h('td', {}, pool),
    h('td', {}, icon(levelOf(state)), ` ${state}`),
    h(
      'td',
      { class: 'number' },
      value === null ? UNKNOWN : amount(value),
      ageSeconds !== null && h('span', { class: 'note' }, ` ${span(ageSeconds * 1_000)} old`),
    ),
    h('td', { class: 'number' }, amount(targetPerNode)),
    h('td', { class: 'number' }, plural(asks, 'node')),
    h('td', {}, why),
  )
}

const COLUMNS = ['Trigger', 'Pool', 'State', 'Value', 'For one node', 'Asks for', 'Why']

const draw = (triggers: readonly Trigger[]): readonly Child[] =>
  triggers.length === 0
    ? [h('p', { class: 'quiet' }, 'No custom triggers. The built-in signals decide.')]
    : [
        h(
          'div',
          { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Triggers' },
          h(
            'table',
            {},
            h('thead', {}, h('tr', {}, ...COLUMNS.map((name) => h('th', { scope: 'col' }, name)))),
            h('tbody', {}, ...triggers.map(row)),
          ),
        ),
      ]

/** Custom triggers: what each said at the last look, and what it asks for. @param pool only its own */
export const triggerPanel = ({ api }: Console, life: Life, pool?: string): HTMLElement => {
  const source = createSource(
    async (signal) => (await api.get<{ triggers: readonly Trigger[] }>('triggers', {}, signal)).triggers,
    { everyMs: EVERY_MS, life },
  )
  const own = (triggers: readonly Trigger[]) => triggers.filter((one) => pool === undefined || one.pool === pool)
  return panel(
    'triggers',
    'Triggers',
    [],
    following(source, life, (all) => draw(own(all))),
  )
}
