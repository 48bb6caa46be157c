import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import { table } from '../dom/table.ts'
import type { Pool } from '../state/resources.ts'
import { count } from '../words/numbers.ts'

const LEVELS: Readonly<Record<string, Level>> = { well: 'well', short: 'bad', lost: 'bad', tried: 'watch' }
const COUNTS = ['Asked for', 'Running', 'Ready'].map((name) => ({ name, kind: 'number' }) as const)

/** How a pool is spread; nothing where its fleet has no zones. */
export const zoneTable = ({ zones }: Pool): readonly Child[] => {
  if (zones === null) return []
  const rows = zones.map(({ zone, condition, asked, running, ready }) => ({
    key: zone,
    cells: [
      zone,
      h('span', { class: 'with-icon' }, icon(LEVELS[condition] ?? 'unknown'), condition),
      ...[count(asked), count(running), count(ready)],
    ],
  }))
  return [table({ label: 'Zones', columns: [{ name: 'Zone' }, { name: 'Is' }, ...COUNTS], rows })]
}
