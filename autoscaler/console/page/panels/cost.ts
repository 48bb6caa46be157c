import { type Child, h } from '../dom/element.ts'
import { table } from '../dom/table.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { createSource } from '../state/source.ts'
import { amount, count, percent } from '../words/numbers.ts'
import { following, panel } from './panel.ts'

const EVERY_MS = 300_000
const DAY_MS = 24 * 3_600_000

/** What pools cost, as far as the page reads it. */
interface Cost {
  readonly currency: string | null
  readonly pools: readonly {
    readonly pool: string
    readonly nodeHours: number
    readonly runCount: number
    readonly usedRatio: number
    readonly peakCount: number
    readonly cost: number | null
  }[]
  readonly notes: readonly string[]
}

const COLUMNS = ['Node hours', 'Used', 'Most nodes', 'Checks', 'Cost'].map(
  (name) => ({ name, kind: 'number' }) as const,
)

/** Beyond so many they are folded away. */
const FEW_NOTES = 3

const noteList = (notes: readonly string[]): readonly Child[] => {
  const lines = notes.map((note) => h('p', { class: 'quiet' }, note))
  if (lines.length <= FEW_NOTES) return lines
  return [h('details', {}, h('summary', {}, `${count(lines.length)} notes on what could not be measured`), ...lines)]
}

/** Of one pool alone. A note begins with the pool that it is of. */
const onlyOf = (pool: string, { currency, pools, notes }: Cost): Cost => ({
  currency,
  pools: pools.filter((one) => one.pool === pool),
  notes: notes.filter((note) => note.startsWith(`${pool}: `)),
})

const draw = ({ currency, pools, notes }: Cost): readonly Child[] => {
  if (pools.length === 0) return [h('p', { class: 'quiet' }, 'No node hours are known yet.')]
  const rows = pools.map(({ pool, nodeHours, usedRatio, peakCount, runCount, cost }) => ({
    key: pool,
    cells: [
      ...[pool, `${amount(nodeHours)} h`, percent(usedRatio), count(peakCount), count(runCount)],
      cost === null || currency === null ? '–' : `${amount(cost)} ${currency}`,
    ],
  }))
  return [
    table({ label: 'Cost', columns: [{ name: 'Pool' }, ...COLUMNS], rows }),
    currency === null && h('p', { class: 'quiet' }, 'No prices are configured: hours only.'),
    ...noteList(notes),
  ]
}

/** What the last 24 hours cost. @param pool only its own */
export const costPanel = ({ api }: Pick<Console, 'api'>, life: Life, pool?: string): HTMLElement => {
  const since = () => new Date(Date.now() - DAY_MS).toISOString()
  const source = createSource((signal) => api.get<Cost>('cost', { since: since() }, signal), {
    everyMs: EVERY_MS,
    life,
  })
  return panel(
    'cost',
    'Cost of the last 24 hours',
    [],
    following(source, life, (cost) => draw(pool === undefined ? cost : onlyOf(pool, cost))),
  )
}
