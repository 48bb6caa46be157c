import { instant } from './override-words.ts'
import type { UpcomingRow } from './upcoming.ts'

/** What the schedule asks for, in words. */
export const effectWords = ({
  floor,
  ceiling,
}: {
  readonly floor: number | undefined
  readonly ceiling: number | undefined
}): string => {
  if (floor !== undefined && floor === ceiling) return `exactly ${floor}`
  const parts = [
    ...(floor === undefined ? [] : [`at least ${floor}`]),
    ...(ceiling === undefined ? [] : [`at most ${ceiling}`]),
  ]
  return parts.join(', ')
}

/** `checks: 2026-11-23 07:50 UTC to 2026-11-23 17:00 UTC at least 50 (opening)`, and what contradicts what. */
export const rowInWords = (row: UpcomingRow): string => {
  const { pool, from, until, windows, contradiction } = row
  const clash = contradiction
    ? `; they contradict each other: at least ${contradiction.floor} and at most ${contradiction.ceiling}, so ${contradiction.holds} holds`
    : ''
  return `${pool}: ${instant(from)} to ${instant(until)} ${effectWords(row)} (${windows.join(', ')})${clash}`
}
