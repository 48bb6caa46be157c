import type { ScheduleRow } from '../state/resources.ts'

const DAYS = 7

/** A stretch of the schedule within one day, as shares of that day. */
export interface DayPart {
  readonly row: ScheduleRow
  readonly startRatio: number
  readonly endRatio: number
}

/** `≥ 50`, `≤ 20`, `= 7`, `10 to 20` */
export const says = ({ floor, ceiling }: Pick<ScheduleRow, 'floor' | 'ceiling'>): string => {
  if (floor !== null && floor === ceiling) return `= ${floor}`
  if (floor !== null && ceiling !== null) return `${floor} to ${ceiling}`
  return floor !== null ? `≥ ${floor}` : `≤ ${ceiling ?? '?'}`
}

/** The reader's own days from today on: start and end of each (epoch ms). One of 23 or 25 hours is one too. */
export const daysFrom = (now: number): readonly (readonly [from: number, until: number])[] => {
  const midnight = (ahead: number): number => {
    const date = new Date(now)
    return new Date(date.getFullYear(), date.getMonth(), date.getDate() + ahead).getTime()
  }
  return Array.from({ length: DAYS }, (_, index) => [midnight(index), midnight(index + 1)] as const)
}

/** What of the schedule falls into a day. @param from epoch ms @param until epoch ms */
export const partsOf = (rows: readonly ScheduleRow[], from: number, until: number): readonly DayPart[] =>
  rows.flatMap((row) => {
    const [start, end] = [Math.max(from, Date.parse(row.from)), Math.min(until, Date.parse(row.until))]
    const ratio = (at: number) => (at - from) / (until - from)
    return start < end ? [{ row, startRatio: ratio(start), endRatio: ratio(end) }] : []
  })
