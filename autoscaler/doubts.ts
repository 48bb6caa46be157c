import type { Measurement } from '../infra/domain/scaling.ts'
import type { ScheduleEffect } from './schedule.ts'

/** What a measurement is judged by, beside itself. */
export interface DoubtContext {
  /** between two looks */
  readonly periodMs: number
  /** what people have written down for this instant: who has said that little is to come doubts no collapse */
  readonly schedule: ScheduleEffect
  /** for so long demand has been far below what the season lets expect, as `collapsedMs` of collapse.ts tells; 0 = it is not */
  readonly collapsedMs: number
}

/**
 * Why what was measured cannot be relied on, in words for people; empty = it can. While there is a doubt no node is taken
 * away. Pure.
 */
export const doubtsOf = (_measurement: Measurement, _context: DoubtContext): readonly string[] => []
