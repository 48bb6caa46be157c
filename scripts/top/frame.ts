import { HOPS } from '../../infra/domain/hop.ts'
import { OBJECTIVE_MS } from '../../infra/domain/pool-minute.ts'
import type { TopFacts, TopPool } from './facts.ts'
import { clock, count, ms, percent, rate, span } from './figures.ts'
import { hopTable } from './hop-table.ts'
import { cut, type Line, type Mark, padded, plain, type Segment, wrapped } from './line.ts'

/** How the picture is looked at. */
export interface View {
  readonly columns: number
  readonly rows: number
  /** which pool is chosen (index) */
  readonly chosen: number
  /** its hops are shown, and no other pool */
  readonly open: boolean
  /** keys can be pressed */
  readonly keys: boolean
}

/** Since when nothing could be read, and why. */
export interface Away {
  /** epoch ms */
  readonly since: number
  readonly why: string
}

interface Column {
  readonly title: string
  readonly width: number
  readonly cell: (pool: TopPool) => Segment
}

const slow = (value: number | null): Segment => ({
  text: ms(value),
  ...(value !== null && value > OBJECTIVE_MS && { style: 'bad' }),
})
const forecastOf = ({ forecast }: TopPool): string => rate(forecast?.expected ?? null)
const NUMBERS: readonly Column[] = [
  { title: 'IN/S', width: 5, cell: (pool) => plain(rate(pool.offeredPerSecond)) },
  { title: 'OUT/S', width: 5, cell: (pool) => plain(rate(pool.servedPerSecond)) },
  { title: 'FCAST', width: 5, cell: (pool) => plain(forecastOf(pool)) },
  { title: 'ASKED', width: 5, cell: (pool) => plain(count(pool.count.asked)) },
  { title: 'RUN', width: 4, cell: (pool) => plain(count(pool.count.running)) },
  { title: 'READY', width: 5, cell: (pool) => plain(count(pool.count.ready)) },
  { title: 'WAIT', width: 5, cell: (pool) => plain(count(pool.waiting)) },
  { title: 'AGE', width: 4, cell: ({ oldestMs }) => plain(oldestMs === null ? '-' : span(oldestMs)) },
  { title: 'P50', width: 5, cell: (pool) => slow(pool.p50Ms) },
  { title: 'P95', width: 5, cell: (pool) => slow(pool.p95Ms) },
  { title: 'P99', width: 5, cell: (pool) => slow(pool.p99Ms) },
]
const troubled = (ratio: number | null, most: number): Segment => ({
  text: percent(ratio),
  ...(ratio !== null && ratio > most && { style: 'bad' }),
})
const intervalOf = ({ forecast }: TopPool): string =>
  forecast === null ? '-' : `${rate(forecast.low)}..${rate(forecast.high)}`
const MORE: readonly Column[] = [
  { title: 'PLANNED', width: 9, cell: (pool) => plain(intervalOf(pool)) },
  { title: 'ERR', width: 6, cell: (pool) => troubled(pool.errorRatio, 0.01) },
  { title: 'REFUSED', width: 7, cell: (pool) => troubled(pool.refusedRatio, 0.01) },
  { title: 'BATCH', width: 5, cell: ({ batchSize }) => plain(batchSize === null ? '-' : batchSize.toFixed(1)) },
  { title: 'BUSY', width: 6, cell: (pool) => plain(percent(pool.busyRatio)) },
  { title: 'BOUNDS', width: 9, cell: ({ count: { min, max } }) => plain(`${min}..${max}`) },
]

const MOST_NAME = 24
const widthOf = (columns: readonly Column[]): number => columns.reduce((sum, { width }) => sum + width + 1, 0)

const rowOf = (name: Segment, nameWidth: number, cells: readonly (readonly [Segment, number])[]): Line => [
  { ...name, text: padded(name.text, nameWidth) },
  ...cells.map(([cell, width]) => ({ ...cell, text: ` ${cell.text.padStart(width)}` })),
]

/** Numbers for which the picture has no column, in words. */
const restInWords = (pool: TopPool): Line => [
  { text: '  ' },
  ...MORE.flatMap(({ title, cell }, index): Line => {
    const separator = index === 0 ? '' : '   '
    return [{ text: `${separator}${title.toLowerCase()} `, style: 'dim' }, cell(pool)]
  }),
]

/** One line each, or as many as it takes. */
const wordsOf = ({ bottleneck, notes }: TopPool, width: number, whole: boolean): readonly Line[] => {
  const held = !/^bottleneck: (none|unknown)/.test(bottleneck)
  const said = (text: string, style: Mark): readonly Line[] =>
    (whole ? wrapped(text, width - 2) : [text]).map((part) => [{ text: '  ' }, { text: part, style }])
  return [...said(bottleneck, held ? 'bad' : 'dim'), ...notes.flatMap((note) => said(note, 'note'))]
}

const headOf = ({ at, pools, nodes, ailing }: TopFacts, away: Away | undefined): readonly Line[] => {
  const total = Object.values(nodes).reduce((sum, one) => sum + one, 0)
  const states = Object.entries(nodes).map(([state, one]) => `${one} ${state}`)
  const machines = total === 0 ? 'no node has told of itself' : `nodes: ${states.join(', ')}`
  const first: Line = [
    { text: 'muster top', style: 'title' },
    { text: `  ${clock(at)}  ${pools.length === 1 ? '1 pool' : `${pools.length} pools`}  ${machines}` },
  ]
  const ill: Line[] = ailing.length > 0 ? [[{ text: ailing.join(', '), style: 'note' }]] : []
  const lost = (since: Away): Line => [{ text: `no answer since ${clock(since.since)}: ${since.why}`, style: 'bad' }]
  return [first, ...(away ? [lost(away)] : []), ...ill]
}

const KEYS = 'arrows choose a pool   enter its hops   q quits'
const KEYS_OPEN = 'arrows another pool   esc back   q quits'

interface Layout {
  readonly nameWidth: number
  readonly columns: readonly Column[]
  /** everything has a column */
  readonly wide: boolean
}

const layoutOf = (pools: readonly TopPool[], width: number): Layout => {
  const longest = Math.max(4, ...pools.map(({ pool }) => [...pool].length))
  const wide = width >= Math.min(MOST_NAME, longest) + 2 + widthOf([...NUMBERS, ...MORE])
  const columns = wide ? [...NUMBERS, ...MORE] : NUMBERS
  return { nameWidth: Math.max(6, Math.min(MOST_NAME, longest + 2, width - widthOf(columns))), columns, wide }
}

const blockOf = (pool: TopPool, isChosen: boolean, layout: Layout, view: View): readonly Line[] => {
  const { nameWidth, columns, wide } = layout
  const name: Segment = { text: `${isChosen ? '>' : ' '}${pool.pool}`, style: isChosen ? 'title' : 'name' }
  const cells = columns.map(({ cell, width }) => [cell(pool), width] as const)
  const words = wordsOf(pool, view.columns, view.open)
  return [rowOf(name, nameWidth, cells), ...(wide ? [] : [restInWords(pool)]), ...words]
}

/** As many whole blocks as fit, the chosen one among them. */
const windowOf = (blocks: readonly (readonly Line[])[], chosen: number, room: number): readonly Line[] => {
  let first = 0
  const height = (from: number): number => blocks.slice(from, chosen + 1).reduce((sum, block) => sum + block.length, 0)
  while (first < chosen && height(first) > room) first += 1
  return blocks.slice(first).flat().slice(0, Math.max(0, room))
}

/**
 * The picture, line by line, no wider and no higher than the view. Pure: same facts and view, same picture.
 * @param facts undefined = nothing was read yet
 * @param away undefined = the last reading went well
 */
export const frame = (facts: TopFacts | undefined, away: Away | undefined, view: View): readonly Line[] => {
  const trimmed = (lines: readonly Line[]) => lines.map((line) => cut(line, view.columns))
  if (!facts) {
    const words = away ? `no answer since ${clock(away.since)}: ${away.why}` : 'reading ...'
    return trimmed([[{ text: 'muster top', style: 'title' }, { text: `  ${words}` }]])
  }
  const { pools } = facts
  const chosen = Math.max(0, Math.min(view.chosen, pools.length - 1))
  const layout = layoutOf(pools, view.columns)
  const titles = rowOf(
    { text: ' POOL', style: 'dim' },
    layout.nameWidth,
    layout.columns.map(({ title, width }) => [{ text: title, style: 'dim' }, width] as const),
  )
  const head = [...headOf(facts, away), titles]
  const foot: Line[] = view.keys ? [[{ text: view.open ? KEYS_OPEN : KEYS, style: 'dim' }]] : []
  const room = view.rows - head.length - foot.length
  const pool = pools[chosen]
  const body =
    view.open && pool
      ? [...blockOf(pool, true, layout, view), ...hopTable(pool.hops, HOPS.length)].slice(0, Math.max(0, room))
      : windowOf(
          pools.map((one, index) => blockOf(one, view.keys && index === chosen, layout, view)),
          chosen,
          room,
        )
  return trimmed([...head, ...body, ...foot]).slice(0, view.rows)
}
