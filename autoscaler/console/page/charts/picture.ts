import type { Look, Minute, Plan } from '../state/resources.ts'
import type { ChartData, ChartSpec } from './chart-spec.ts'
import type { Line } from './time-table.ts'

/** All that the charts of a pool are drawn from. Instants are epoch ms. */
export interface Picture {
  readonly looks: readonly Look[]
  readonly minutes: readonly Minute[]
  readonly plan: Plan | undefined
  readonly from: number
  readonly until: number
  readonly now: number
  /** how long a minute of `minutes` is, where several are told together */
  readonly stepMs: number
}

/** A chart of a pool: what it always has, and what it shows of a picture. */
export interface PoolChart {
  readonly spec: ChartSpec
  readonly linesOf: (picture: Picture) => readonly Line[]
  readonly summaryOf: (lines: readonly Line[], picture: Picture) => string
  readonly marksOf?: (picture: Picture) => ChartData['marks']
}

/** A line from looks. @param at when the value is of; of the look unless told */
export const fromLooks = (
  { looks }: Picture,
  read: (look: Look) => number | null,
  at: (look: Look) => number = (look) => Date.parse(look.at),
): Line => ({ times: looks.map(at), values: looks.map(read) })

/** A line from minutes, in the middle of each. */
export const fromMinutes = ({ minutes, stepMs }: Picture, read: (minute: Minute) => number | null): Line => ({
  times: minutes.map(({ at }) => Date.parse(at) + stepMs / 2),
  values: minutes.map(read),
})

/** Processes tell of a minute some seconds after it (`MINUTES_FLUSH_MS`). */
const TELL_MS = 15_000

/** Is all of a minute told? Of one under way sums are too small. @param at its start @param now epoch ms */
export const isTold = (at: number, stepMs: number, now: number): boolean => at + stepMs + TELL_MS <= now

/** What a chart shows of a picture. */
export const dataOf = ({ linesOf, summaryOf, marksOf }: PoolChart, picture: Picture): ChartData => {
  const lines = linesOf(picture)
  const { from, until, now } = picture
  const marks = marksOf?.(picture)
  return { lines, from, until, now, summary: summaryOf(lines, picture), ...(marks && { marks }) }
}
