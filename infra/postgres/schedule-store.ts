import type { Clause, ScheduleWindow, Weekday } from '../domain/scaling.ts'
import type { ScheduleStore } from '../ports/schedule-store.ts'
import type { Queryable, Statement } from './statement.ts'

interface WindowRow {
  readonly name: string
  readonly pool: string
  readonly time_zone: string
  readonly days: readonly Weekday[]
  readonly dates: readonly string[]
  readonly except_dates: readonly string[]
  readonly starts: string
  readonly ends: string
  readonly lead_minutes: number
  readonly clause: Clause
  readonly count: number
  readonly priority: number
}

const COLUMNS = 'name, pool, time_zone, days, dates, except_dates, starts, ends, lead_minutes, clause, count, priority'
const statement = (name: string, text: string): Statement => ({ name: `schedule.${name}`, text })

const LIST = statement('list', `select ${COLUMNS} from schedule_window order by name`)
const PUT = statement(
  'put',
  `insert into schedule_window (${COLUMNS}, changed_by)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       on conflict (name) do update
      set pool = excluded.pool, time_zone = excluded.time_zone, days = excluded.days, dates = excluded.dates,
          except_dates = excluded.except_dates, starts = excluded.starts, ends = excluded.ends,
          lead_minutes = excluded.lead_minutes, clause = excluded.clause, count = excluded.count,
          priority = excluded.priority, changed_at = now(), changed_by = excluded.changed_by`,
)
const REMOVE = statement('remove', 'delete from schedule_window where name = $1')

const toWindow = (row: WindowRow): ScheduleWindow => ({
  name: row.name,
  pool: row.pool,
  timeZone: row.time_zone,
  days: row.days,
  dates: row.dates,
  except: row.except_dates,
  start: row.starts,
  end: row.ends,
  leadMinutes: row.lead_minutes,
  clause: row.clause,
  count: row.count,
  priority: row.priority,
})

/** Windows in PostgreSQL. They are the installation's, no tenant's: `db` is the system's own. */
export const createScheduleStore = (db: Queryable): ScheduleStore => ({
  async list() {
    return (await db.query<WindowRow>(LIST, [])).rows.map(toWindow)
  },
  async put(window, actor) {
    const { name, pool, timeZone, days, dates, except, start, end, leadMinutes, clause, count, priority } = window
    const when = [timeZone, days, dates, except, start, end, leadMinutes]
    await db.query(PUT, [name, pool, ...when, clause, count, priority, actor])
  },
  async remove(name) {
    return (await db.query(REMOVE, [name])).rowCount === 1
  },
})
