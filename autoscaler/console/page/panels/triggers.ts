import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import { type Column, type Row, table } from '../dom/table.ts'
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

const COLUMNS: readonly Column[] = [
  ...[{ name: 'Trigger' }, { name: 'Pool' }, { name: 'State' }],
  ...['Value', 'For one node', 'Asks for'].map((name) => ({ name, kind: 'number' }) as const),
  { name: 'Why' },
]

const rowOf = ({ pool, name, query, targetPerNode, value, ageSeconds, asks, state, why }: Trigger): Row => ({
  key: `${pool}/${name}`,
  cells: [
    [name, h('code', { class: 'block' }, query)],
    pool,
    h('span', { class: 'with-icon' }, icon(levelOf(state)), state),
    [
      value === null ? UNKNOWN : amount(value),
      ageSeconds !== null && h('span', { class: 'note' }, `${span(ageSeconds * 1_000)} old`),
    ],
    amount(targetPerNode),
    plural(asks, 'node'),
    why,
  ],
})

const draw = (triggers: readonly Trigger[]): readonly Child[] =>
  triggers.length === 0
    ? [h('p', { class: 'quiet' }, 'No custom triggers. The built-in signals decide.')]
    : [table({ label: 'Triggers', columns: COLUMNS, rows: triggers.map(rowOf) })]

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
