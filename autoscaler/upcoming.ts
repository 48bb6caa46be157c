import type { ScheduleWindow } from '../infra/domain/scaling.ts'
import { type Contradiction, effectOf, occurrences } from './schedule.ts'

/** A stretch of time in which the schedule asks for the same. Instants are epoch ms, `until` is exclusive. */
export interface UpcomingRow {
  readonly pool: string
  readonly from: number
  readonly until: number
  readonly floor: number | undefined
  readonly ceiling: number | undefined
  /** windows that say so, strongest first */
  readonly windows: readonly string[]
  /** they cannot all be obeyed */
  readonly contradiction: Contradiction | undefined
}

const sameEffect = (a: UpcomingRow, b: UpcomingRow): boolean =>
  a.until === b.from && a.floor === b.floor && a.ceiling === b.ceiling && a.windows.join() === b.windows.join()

const joined = (rows: readonly UpcomingRow[]): readonly UpcomingRow[] =>
  rows.reduce<UpcomingRow[]>((done, row) => {
    const last = done.at(-1)
    if (last && sameEffect(last, row)) done[done.length - 1] = { ...last, until: row.until }
    else done.push(row)
    return done
  }, [])

/**
 * What the schedule of one pool asks for between two instants, oldest first. A time for which it asks nothing has no row.
 * Pure; right on days when the clock changes, because its parts are.
 * @param from epoch ms @param until epoch ms
 */
export const upcoming = (
  windows: readonly ScheduleWindow[],
  pool: string,
  from: number,
  until: number,
): readonly UpcomingRow[] => {
  const own = windows.filter((window) => window.pool === pool)
  const found = occurrences(own, from, until)
  const edges = found.flatMap(({ effectiveAt, endsAt }) => [effectiveAt, endsAt])
  const inside = edges.filter((edge) => edge > from && edge < until)
  const instants = [...new Set([from, ...inside, until])].sort((a, b) => a - b)
  const rows = instants.slice(0, -1).map((start, index) => {
    const holding = found.filter(({ effectiveAt, endsAt }) => effectiveAt <= start && start < endsAt)
    const { floor, ceiling, by, contradiction } = effectOf(holding.map(({ window }) => window))
    return { pool, from: start, until: instants[index + 1] ?? until, floor, ceiling, windows: by, contradiction }
  })
  return joined(rows.filter(({ windows: by }) => by.length > 0))
}
