import { h } from '../dom/element.ts'
import type { Pool } from '../state/resources.ts'
import { count, plural, UNKNOWN } from '../words/numbers.ts'

/** Bars of more nodes than that are drawn to scale, not node by node. */
const MOST_CELLS = 40

const words = ({ count: { asked, placed, running, ready }, bounds }: Pool): string =>
  [
    `${count(running)} running`,
    `${count(placed)} placed`,
    `${count(asked)} asked for`,
    `may be ${bounds.min} to ${bounds.max}`,
    ready === null ? 'workers ready unknown' : `${plural(ready, 'worker')} ready`,
  ].join(', ')

const stateOf = (index: number, { count: { asked, placed, running } }: Pool): string => {
  if (index < (running ?? 0)) return 'is-running'
  if (index < (placed ?? 0)) return 'is-placed'
  return index < (asked ?? 0) ? 'is-asked' : 'is-free'
}

/** A cell a node: running, starting, asked for, and how many more there may be. */
export const countBar = (pool: Pool): HTMLElement => {
  const { asked, running, placed } = pool.count
  const shown = Math.max(1, pool.bounds.max, asked ?? 0, placed ?? 0, running ?? 0)
  const cells = Math.min(shown, MOST_CELLS)
  const scale = shown / cells
  return h(
    'div',
    { class: 'count-bar', role: 'img', 'aria-label': words(pool) },
    ...Array.from({ length: cells }, (_, index) => {
      const nth = Math.floor(index * scale)
      return h('i', { class: `${stateOf(nth, pool)}${nth < pool.bounds.min ? ' is-least' : ''}` })
    }),
  )
}

/** The count and its bounds, large. */
export const countWords = ({ count: { running, asked, ready }, bounds }: Pool): HTMLElement => {
  const missing = asked !== null && running !== null && asked !== running
  return h(
    'p',
    { class: 'count-words' },
    h('b', { class: 'count' }, running === null ? '?' : String(running)),
    h('span', {}, running === 1 ? ' node' : ' nodes', running === null ? ` (${UNKNOWN})` : ''),
    missing && h('span', { class: 'count-note' }, `${asked} asked for`),
    h('span', { class: 'count-note' }, `of ${bounds.min} to ${bounds.max}`),
    ready !== null && h('span', { class: 'count-note' }, `${plural(ready, 'worker')} ready`),
  )
}
