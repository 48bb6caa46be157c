import { type Child, h } from './element.ts'

/** A column: numbers stand under each other, drawings have no words. */
export interface Column {
  readonly name: string
  readonly kind?: 'number' | 'drawing' | 'tick'
}

/** A row: what is in each cell, in the order of the columns. */
export interface Row {
  /** by which it is recognised when it changes */
  readonly key: string
  readonly cells: readonly (Child | readonly Child[])[]
  /** it matters most */
  readonly isNamed?: boolean
}

/** What a table is of. */
export interface TableSpec {
  readonly label: string
  readonly columns: readonly Column[]
  /** the column that says what a row is of; the first unless told */
  readonly head?: number
  readonly rows: readonly Row[]
}

const childrenOf = (cell: Child | readonly Child[]): readonly Child[] => (Array.isArray(cell) ? cell : [cell as Child])

const cellOf = (column: Column | undefined, isHead: boolean, cell: Child | readonly Child[]): HTMLElement => {
  if (isHead) return h('th', { scope: 'row' }, ...childrenOf(cell))
  const kind = column?.kind
  return h(
    'td',
    { ...(kind && { class: `is-${kind}` }), ...(kind === 'drawing' && { 'aria-hidden': 'true' }) },
    ...childrenOf(cell),
  )
}

/** A table that scrolls by itself where there is no room for it, also by keys. */
export const table = ({ label, columns, head = 0, rows }: TableSpec): HTMLElement =>
  h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...columns.map(({ name, kind }) =>
            h(name ? 'th' : 'td', { ...(name && { scope: 'col' }), ...(kind && { class: `is-${kind}` }) }, name),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map(({ key, cells, isNamed }) =>
          h(
            'tr',
            { 'data-key': key, ...(isNamed && { class: 'is-named' }) },
            ...cells.map((cell, index) => cellOf(columns[index], index === head, cell)),
          ),
        ),
      ),
    ),
  )
