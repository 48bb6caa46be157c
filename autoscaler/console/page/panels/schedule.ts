import { h } from '../dom/element.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import type { ScheduleRow } from '../state/resources.ts'
import { createSource } from '../state/source.ts'
import { following, panel } from './panel.ts'
import { weekOf } from './week.ts'

const EVERY_MS = 60_000

/** The next seven days of one pool or several. */
export const schedulePanel = ({ api, now }: Console, life: Life, pools: readonly string[]): HTMLElement => {
  const source = createSource(
    async (signal) => (await api.get<{ rows: readonly ScheduleRow[] }>('schedule/next', { days: 7 }, signal)).rows,
    { everyMs: EVERY_MS, life },
  )
  const isOne = pools.length === 1
  return panel(
    'schedule',
    'Schedule of the next 7 days',
    [],
    following(source, life, (rows) => {
      const isAsked = (pool: string) => rows.some((row) => row.pool === pool)
      const quiet = pools.filter((pool) => !isAsked(pool))
      return [
        ...pools
          .filter(isAsked)
          .flatMap((pool) => [
            !isOne && h('h3', { 'data-key': `name-${pool}` }, pool),
            ...weekOf(pool, rows, now.get()),
          ]),
        quiet.length > 0 &&
          h('p', { class: 'quiet' }, `The schedule asks nothing of ${quiet.join(', ')} in the next 7 days.`),
      ]
    }),
  )
}
