import { DateTime, IANAZone } from 'luxon'
import { type Clause, type ScheduleWindow, WEEKDAYS } from '../infra/domain/scaling.ts'

/** One occurrence of a window. Instants are epoch ms. */
export interface Occurrence {
  readonly window: ScheduleWindow
  /** when it takes effect: its start less the lead */
  readonly effectiveAt: number
  readonly startsAt: number
  readonly endsAt: number
}

/** What the schedule asks for at one instant. */
export interface ScheduleEffect {
  readonly floor: number | undefined
  readonly ceiling: number | undefined
  /** the windows that say so, strongest first */
  readonly by: readonly string[]
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/
const MAX_LEAD_MINUTES = 24 * 60
/** What is typed at a shell without quotes and stands in a message as it is. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** What comes next has the place of a window in the paths and commands. */
const RESERVED = 'next'
/** A year of days, and a few. */
const MAX_DATES = 400
const MAX_COUNT = 100_000
const MAX_PRIORITY = 1000

/** Every look asks this of every date. One that there is not, such as 30 February, comes out as another. */
const isDay = (text: string): boolean => {
  const at = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max

const CLAUSES: readonly string[] = ['floor', 'ceiling', 'exactly'] satisfies Clause[]

/** What is wrong with a window, in words; empty when nothing is. */
export const windowProblems = (window: ScheduleWindow): readonly string[] => {
  const { name, timeZone, days, dates, except, start, end, leadMinutes, clause, count, priority } = window
  const checks: readonly (readonly [boolean, string])[] = [
    [NAME.test(name), 'name must be 1 to 64 letters, digits, dots, dashes and underscores'],
    [name !== RESERVED, `no window can be named ${RESERVED}`],
    [IANAZone.create(timeZone).isValid, 'timeZone must be an IANA name, for example Europe/Berlin'],
    [days.length > 0 || dates.length > 0, 'days or dates must name a day'],
    [days.every((day) => WEEKDAYS.includes(day)), `days are ${WEEKDAYS.join(', ')}`],
    [[...dates, ...except].every(isDay), 'dates are written YYYY-MM-DD'],
    [dates.length <= MAX_DATES && except.length <= MAX_DATES, `there may be at most ${MAX_DATES} dates`],
    [TIME.test(start) && TIME.test(end), 'start and end are written HH:MM'],
    [isWithin(leadMinutes, 0, MAX_LEAD_MINUTES), 'leadMinutes must be a whole number from 0 to 1440'],
    [CLAUSES.includes(clause), `clause is one of ${CLAUSES.join(', ')}`],
    [isWithin(count, 0, MAX_COUNT), `count must be a whole number from 0 to ${MAX_COUNT}`],
    [isWithin(priority, -MAX_PRIORITY, MAX_PRIORITY), 'priority must be a whole number from -1000 to 1000'],
  ]
  return checks.flatMap(([fine, problem]) => (fine ? [] : [problem]))
}

/** Windows that can be read. What another version wrote, or somebody by hand, must not stop all the others. */
const readable = (windows: readonly ScheduleWindow[]): readonly ScheduleWindow[] =>
  windows.filter((window) => windowProblems(window).length === 0)

/** Names of windows of a pool that cannot be read: what they ask for is not known. */
export const unreadableWindows = (windows: readonly ScheduleWindow[], pool: string): readonly string[] =>
  windows.filter((window) => window.pool === pool && windowProblems(window).length > 0).map(({ name }) => name)

const holdsOn = ({ days, dates, except }: ScheduleWindow, day: DateTime): boolean => {
  const date = day.toISODate() ?? ''
  if (except.includes(date)) return false
  return dates.includes(date) || days.some((name) => WEEKDAYS.indexOf(name) + 1 === day.weekday)
}

/**
 * A wall-clock time of a day. In the night the clocks go forward a time that does not exist is taken for the hour after the
 * gap; in the night they go back the first of two is meant.
 */
const at = (day: DateTime, time: string): DateTime => {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return day.set({ hour, minute })
}

const occurrenceOn = (window: ScheduleWindow, day: DateTime): Occurrence | undefined => {
  if (!holdsOn(window, day)) return undefined
  const startsAt = at(day, window.start).toMillis()
  const endDay = window.end <= window.start ? day.plus({ days: 1 }) : day
  const endsAt = at(endDay, window.end).toMillis()
  return { window, startsAt, endsAt, effectiveAt: startsAt - window.leadMinutes * 60_000 }
}

/**
 * When windows hold between two instants, by the time they take effect. Right on days when the clock changes: a window is
 * a time on the wall of its own zone.
 * @param from epoch ms
 * @param until epoch ms
 */
export const occurrences = (windows: readonly ScheduleWindow[], from: number, until: number): readonly Occurrence[] => {
  const found = readable(windows).flatMap((window) => {
    const { timeZone: zone } = window
    // One day earlier for what lasts past midnight, one later for what takes effect the evening before.
    const first = DateTime.fromMillis(from, { zone }).startOf('day').minus({ days: 1 })
    const last = DateTime.fromMillis(until, { zone }).startOf('day').plus({ days: 1 })
    const days = Math.round(last.diff(first, 'days').days)
    return Array.from({ length: days + 1 }, (_, index) => occurrenceOn(window, first.plus({ days: index })))
  })
  return found
    .filter((one) => one !== undefined && one.effectiveAt < until && one.endsAt > from)
    .map((one) => one as Occurrence)
    .sort((a, b) => a.effectiveAt - b.effectiveAt || b.window.priority - a.window.priority)
}

const says = (clause: Clause, what: 'floor' | 'ceiling'): boolean => clause === what || clause === 'exactly'

interface Strongest {
  /** those that say just this count */
  readonly windows: readonly ScheduleWindow[]
  readonly priority: number
  readonly count: number
}

const strongest = (holding: readonly ScheduleWindow[], what: 'floor' | 'ceiling'): Strongest | undefined => {
  const saying = holding.filter(({ clause }) => says(clause, what))
  if (saying.length === 0) return undefined
  const priority = Math.max(...saying.map((window) => window.priority))
  const heard = saying.filter((window) => window.priority === priority)
  const counts = heard.map((window) => window.count)
  const count = what === 'floor' ? Math.max(...counts) : Math.min(...counts)
  return { windows: heard.filter((window) => window.count === count), priority, count }
}

/** Windows that cannot all be obeyed, and the count that holds instead. */
export interface Contradiction {
  readonly floor: number
  readonly ceiling: number
  readonly holds: number
  /** names, strongest first */
  readonly between: readonly string[]
}

const contradicting = (floor: Strongest | undefined, ceiling: Strongest | undefined): Contradiction | undefined => {
  if (!floor || !ceiling || floor.count <= ceiling.count) return undefined
  const holds = ceiling.priority > floor.priority ? ceiling.count : floor.count
  const named = [...floor.windows, ...ceiling.windows].sort((a, b) => b.priority - a.priority)
  return {
    floor: floor.count,
    ceiling: ceiling.count,
    holds,
    between: [...new Set(named.map(({ name }) => name))],
  }
}

/**
 * What windows that hold at once ask for together. Those of the highest priority that say anything decide; of several with
 * the same one the highest floor and the lowest ceiling do. Where a floor is above a ceiling the higher priority wins, and
 * of equals the floor: too many nodes cost money, too few cost answers.
 * @param holding windows of one pool
 */
export const effectOf = (
  holding: readonly ScheduleWindow[],
): ScheduleEffect & { readonly contradiction: Contradiction | undefined } => {
  const [floors, ceilings] = [strongest(holding, 'floor'), strongest(holding, 'ceiling')]
  const contradiction = contradicting(floors, ceilings)
  const said = [...(floors?.windows ?? []), ...(ceilings?.windows ?? [])].sort((a, b) => b.priority - a.priority)
  return {
    floor: contradiction?.holds ?? floors?.count,
    ceiling: contradiction?.holds ?? ceilings?.count,
    by: [...new Set(said.map(({ name }) => name))],
    contradiction,
  }
}

/** What holds at an instant. @param now epoch ms */
export const scheduleEffect = (windows: readonly ScheduleWindow[], pool: string, now: number): ScheduleEffect => {
  const own = windows.filter((window) => window.pool === pool)
  const holding = occurrences(own, now, now + 1).filter(({ effectiveAt, endsAt }) => effectiveAt <= now && now < endsAt)
  const { floor, ceiling, by } = effectOf(holding.map(({ window }) => window))
  return { floor, ceiling, by }
}
