import { day, time } from '../words/instants.ts'

const MINUTE = 60_000
const STEPS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * MINUTE)

/**
 * Where an axis of time has its ticks: at full hours and minutes of the reader's own clock.
 * @param most as many as there is room for
 * @param clearMs none is nearer to the end than that: its words would be cut off
 * @returns epoch ms
 */
export const tickTimes = (from: number, until: number, most: number, clearMs = 0): readonly number[] => {
  const step = STEPS.find((one) => (until - from) / one <= most) ?? (STEPS.at(-1) as number)
  const midnight = new Date(from).setHours(0, 0, 0, 0)
  const ticks: number[] = []
  const begin = new Date(midnight)
  for (let index = 0; ; index += 1) {
    // By the clock on the wall, so that ticks stay at full hours on days when it changes.
    const at = new Date(begin).setMinutes((index * step) / MINUTE)
    if (at > until - clearMs) return ticks
    if (at >= from && at !== ticks.at(-1)) ticks.push(at)
  }
}

/** A tick's words: the hour, and at midnight the day. */
export const tickWords = (at: number): string => {
  const date = new Date(at)
  return date.getHours() === 0 && date.getMinutes() === 0 ? day(at) : time(at)
}
