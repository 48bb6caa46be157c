import { type Child, h } from '../dom/element.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { createSource } from '../state/source.ts'
import { amount, percent } from '../words/numbers.ts'
import { following, panel } from './panel.ts'

const EVERY_MS = 300_000
const DAY_MS = 24 * 3_600_000

/** What pools cost, as far as the page reads it. */
interface PoolCost {
  readonly pool: string
  readonly nodeHours: number
  readonly busyShare: number | null
  readonly money: number | null
}
interface Costs {
  readonly currency: string | null
  readonly pools: readonly PoolCost[]
}

const draw = ({ currency, pools }: Costs): readonly Child[] => {
  if (pools.length === 0) return [h('p', { class: 'quiet' }, 'No node hours are known yet.')]
  const money = (value: number | null) => (value === null || currency === null ? '–' : `${amount(value)} ${currency}`)
  return [
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Cost' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h('tr', {}, ...['Pool', 'Node hours', 'Of them busy', 'Cost'].map((name) => h('th', { scope: 'col' }, name))),
        ),
        h(
          'tbody',
          {},
          ...pools.map(({ pool, nodeHours, busyShare, money: cost }) =>
            h(
              'tr',
              {},
              h('th', { scope: 'row' }, pool),
              h('td', { class: 'number' }, `${amount(nodeHours)} h`),
              h('td', { class: 'number' }, percent(busyShare)),
              h('td', { class: 'number' }, money(cost)),
            ),
          ),
        ),
      ),
    ),
    currency === null && h('p', { class: 'quiet' }, 'No prices are configured: hours only.'),
  ]
}

/** What the last 24 hours cost. */
export const costPanel = ({ api }: Console, life: Life): HTMLElement => {
  const since = () => new Date(Date.now() - DAY_MS).toISOString()
  const source = createSource((signal) => api.get<Costs>('cost', { since: since() }, signal), {
    everyMs: EVERY_MS,
    life,
  })
  return panel('cost', 'Cost of the last 24 hours', [], following(source, life, draw))
}
