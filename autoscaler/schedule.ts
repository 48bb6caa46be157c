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

/** What is wrong with a window, in words; empty when nothing is. */
export const windowProblems = (window: ScheduleWindow): readonly string[] => {
  const { timeZone, days, dates, except, start, end, leadMinutes, count } = window
  const isDay = (text: string) => DATE.test(text) && DateTime.fromISO(text, { zone: 'utc' }).isValid
  const checks: readonly (readonly [boolean, string])[] = [
    [IANAZone.isValidZone(timeZone), 'timeZone must be an IANA name, for example Europe/Berlin'],
    [days.length > 0 || dates.length > 0, 'days or dates must name a day'],
    [[...dates, ...except].every(isDay), 'dates are written YYYY-MM-DD'],
    [TIME.test(start) && TIME.test(end), 'start and end are written HH:MM'],
    [leadMinutes >= 0 && leadMinutes <= MAX_LEAD_MINUTES, 'leadMinutes must be from 0 to 1440'],
    [Number.isInteger(count) && count >= 0, 'count must be a whole number from 0'],
  ]
  return checks.flatMap(([fine, problem]) => (fine ? [] : [problem]))
}

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
  const found = windows.flatMap((window) => {
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

/**
 * What holds at an instant. Windows of the highest priority that say anything decide; of several with the same one the
 * highest floor and the lowest ceiling do, and a floor above a ceiling wins: too many nodes cost money, too few cost answers.
 */
export const scheduleEffect = (windows: readonly ScheduleWindow[], pool: string, now: number): ScheduleEffect => {
  const own = windows.filter((window) => window.pool === pool)
  const holding = occurrences(own, now, now + 1).filter(({ effectiveAt, endsAt }) => effectiveAt <= now && now < endsAt)
  const strongest = (what: 'floor' | 'ceiling') => {
    const saying = holding.map(({ window }) => window).filter(({ clause }) => says(clause, what))
    const priority = Math.max(...saying.map((window) => window.priority))
    return saying.filter((window) => window.priority === priority)
  }
  const [floors, ceilings] = [strongest('floor'), strongest('ceiling')]
  const floor = floors.length > 0 ? Math.max(...floors.map(({ count }) => count)) : undefined
  const lowest = ceilings.length > 0 ? Math.min(...ceilings.map(({ count }) => count)) : undefined
  const ceiling = lowest !== undefined && floor !== undefined ? Math.max(lowest, floor) : lowest
  const names = new Set([...floors, ...ceilings].sort((a, b) => b.priority - a.priority).map(({ name }) => name))
  return { floor, ceiling, by: [...names] }
}
