import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { musterPolicy } from '../../../../autoscaler/simulate/muster-policy.ts'
import { replay } from '../../../../autoscaler/simulate/replay.ts'
import { parseWindows, ScheduleInvalidError } from '../../../../autoscaler/simulate/window-file.ts'

const ZONE = 'Europe/Berlin'
const SETTINGS = { capacity: 10, bootSeconds: 180, minCount: 1, maxCount: 100, warmUpSteps: 0 }
const STEPS_PER_MINUTE = 4
const OPENING = {
  ...{ name: 'opening', timeZone: ZONE, days: ['mon', 'sun'], start: '09:00', end: '18:00' },
  ...{ leadMinutes: 10, clause: 'floor', count: 35 },
}

/** From an hour before the opening to half an hour after it: nobody, then 300 requests a second. */
const arrivals = Float64Array.from({ length: 90 * STEPS_PER_MINUTE }, (_, step) =>
  step < 60 * STEPS_PER_MINUTE ? 0 : 300 * 15,
)

const openingOn = (day: string, windows = parseWindows(JSON.stringify([OPENING]))) => {
  const startAt = DateTime.fromISO(`${day}T08:00:00`, { zone: ZONE }).toMillis()
  return replay(arrivals, musterPolicy(SETTINGS, { startAt, windows }), SETTINGS)
}

describe('an opening at nine, with a schedule and no history', () => {
  it.each(['2026-11-23', '2026-03-29', '2026-10-25'])('answers everybody in time on %s', (day) => {
    const { late, desired } = openingOn(day)
    expect(late.every((count) => count === 0)).toBe(true)
    expect(desired[49 * STEPS_PER_MINUTE]).toBe(1)
    expect(desired[51 * STEPS_PER_MINUTE]).toBe(35)
  })

  it('is late for most without the schedule', () => {
    const { lateCount, requestCount } = openingOn('2026-11-23', [])
    expect(lateCount).toBeGreaterThan(requestCount / 10)
  })
})

describe('parseWindows', () => {
  it('names what has no name, and takes what is not said for none', () => {
    const { name: _, ...nameless } = OPENING
    expect(parseWindows(JSON.stringify([nameless]))).toMatchObject([{ name: 'window-1', dates: [], priority: 0 }])
  })

  it.each([
    ['what is not JSON', 'start: 09:00', /JSON/],
    ['what is no list', '{}', /list/],
    ['days that are no list', JSON.stringify([{ ...OPENING, days: 'mon' }]), /window 1: days/],
    ['a zone that is no text', JSON.stringify([{ ...OPENING, timeZone: 1 }]), /window 1: timeZone/],
    ['a zone that does not exist', JSON.stringify([{ ...OPENING, timeZone: 'Berlin' }]), /window 1: timeZone/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseWindows(text)).toThrow(ScheduleInvalidError)
    expect(() => parseWindows(text)).toThrow(message)
  })
})
