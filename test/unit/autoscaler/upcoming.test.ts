import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { scheduleEffect } from '../../../autoscaler/schedule.ts'
import { rowInWords } from '../../../autoscaler/schedule-words.ts'
import { upcoming } from '../../../autoscaler/upcoming.ts'
import { type ScheduleWindow, WEEKDAYS } from '../../../infra/domain/scaling.ts'
import { aWindow } from '../../fixtures/overrides.ts'

const DAY = 86_400_000
const berlin = (text: string): number => DateTime.fromISO(text, { zone: 'Europe/Berlin' }).toMillis()
const words = (windows: readonly ScheduleWindow[], from: string, days = 1) =>
  upcoming(windows, 'checks', berlin(from), berlin(from) + days * DAY).map(rowInWords)

describe('upcoming', () => {
  it('shows each stretch in which the same holds, and nothing for the time between', () => {
    const lunch = aWindow({ name: 'lunch', start: '12:00', end: '13:00', leadMinutes: 0, count: 60 })
    expect(words([aWindow(), lunch], '2026-11-23T00:00')).toEqual([
      'checks: 2026-11-23 07:50 UTC to 2026-11-23 11:00 UTC at least 50 (opening)',
      'checks: 2026-11-23 11:00 UTC to 2026-11-23 12:00 UTC at least 60 (lunch)',
      'checks: 2026-11-23 12:00 UTC to 2026-11-23 17:00 UTC at least 50 (opening)',
    ])
  })

  it('begins in the middle of what holds, and ends with the question', () => {
    const rows = upcoming([aWindow()], 'checks', berlin('2026-11-23T10:00'), berlin('2026-11-23T11:00'))
    expect(rows).toMatchObject([{ from: berlin('2026-11-23T10:00'), until: berlin('2026-11-23T11:00'), floor: 50 }])
  })

  it('joins what holds on without a change', () => {
    const [day, night] = [
      aWindow({ start: '00:00', end: '12:00', leadMinutes: 0, days: WEEKDAYS }),
      aWindow({ start: '12:00', end: '00:00', leadMinutes: 0, days: WEEKDAYS }),
    ]
    expect(upcoming([day, night], 'checks', berlin('2026-11-23'), berlin('2026-11-25'))).toHaveLength(1)
  })

  it('names windows that contradict each other, and what holds', () => {
    const cap = aWindow({ name: 'bill', clause: 'ceiling', count: 10, leadMinutes: 10 })
    expect(words([aWindow(), cap], '2026-11-23T00:00')).toEqual([
      'checks: 2026-11-23 07:50 UTC to 2026-11-23 17:00 UTC exactly 50 (opening, bill); they contradict each other: at least 50 and at most 10, so 50 holds',
    ])
    expect(words([aWindow(), { ...cap, priority: 1 }], '2026-11-23T00:00')[0]).toContain('so 10 holds')
  })

  it('is of one pool', () => {
    expect(upcoming([aWindow({ pool: 'ocr' })], 'checks', berlin('2026-11-23'), berlin('2026-11-30'))).toEqual([])
  })

  it.each([
    ['an hour shorter on the day the clocks go forward', '2026-03-29', '2026-03-29T00:00:00.000', 23],
    ['an hour longer on the day they go back', '2026-10-25', '2026-10-25T00:00:00.000', 25],
  ])('is %s', (_, date, from, hours) => {
    const allDay = aWindow({ days: WEEKDAYS, start: '00:00', end: '00:00', leadMinutes: 0, dates: [date] })
    const [start, end] = [berlin(from), berlin(from) + hours * 3_600_000]
    const rows = upcoming([{ ...allDay, days: ['sun'] }], 'checks', start - DAY, start + 2 * DAY)
    expect(rows).toMatchObject([{ from: start, until: end }])
  })
})

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
const windows = fc.array(
  fc
    .record({
      timeZone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'),
      days: fc.subarray([...WEEKDAYS], { minLength: 1 }),
      start: time,
      end: time,
      leadMinutes: fc.integer({ min: 0, max: 1440 }),
      clause: fc.constantFrom('floor' as const, 'ceiling' as const, 'exactly' as const),
      count: fc.integer({ min: 0, max: 20 }),
      priority: fc.integer({ min: 0, max: 2 }),
    })
    .map((facts) => aWindow(facts)),
  { minLength: 1, maxLength: 4 },
)
/** Weeks in which clocks change in one of the zones, and one in which none does. */
const weeks = fc.constantFrom(
  ...['2026-03-27', '2026-10-23', '2026-03-06', '2026-10-30', '2026-04-03', '2026-10-02', '2026-07-01'].map(berlin),
)

it('agrees with what holds at every instant, for windows of any kind in weeks when clocks change', () => {
  fc.assert(
    fc.property(windows, weeks, fc.nat({ max: 5 * DAY }), (chosen, from, offset) => {
      const named = chosen.map((window, index) => ({ ...window, name: `w${index}` }))
      const rows = upcoming(named, 'checks', from, from + 5 * DAY)
      const at = from + Math.min(offset, 5 * DAY - 1)
      const row = rows.find((one) => one.from <= at && at < one.until)
      const effect = scheduleEffect(named, 'checks', at)
      expect({ floor: row?.floor, ceiling: row?.ceiling }).toEqual({ floor: effect.floor, ceiling: effect.ceiling })
      expect([...(row?.windows ?? [])].sort()).toEqual([...effect.by].sort())
      for (const [index, one] of rows.entries()) {
        expect(one.from).toBeLessThan(one.until)
        expect(one.from).toBeGreaterThanOrEqual(rows[index - 1]?.until ?? from)
        expect(one.floor ?? 0).toBeLessThanOrEqual(one.ceiling ?? Number.POSITIVE_INFINITY)
      }
    }),
    { numRuns: 150 },
  )
})
