import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { occurrences, scheduleEffect, windowProblems } from '../../../autoscaler/schedule.ts'
import type { ScheduleWindow } from '../../../infra/domain/scaling.ts'

const aWindow = (overrides: Partial<ScheduleWindow> = {}): ScheduleWindow => ({
  name: 'opening',
  pool: 'checks',
  timeZone: 'Europe/Berlin',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  dates: [],
  except: [],
  start: '09:00',
  end: '18:00',
  leadMinutes: 10,
  clause: 'floor',
  count: 50,
  priority: 0,
  ...overrides,
})

const berlin = (text: string): number => DateTime.fromISO(text, { zone: 'Europe/Berlin' }).toMillis()
const iso = (ms: number): string => new Date(ms).toISOString()

describe('scheduleEffect', () => {
  it.each([
    ['before the lead', '2026-11-23T08:49:59', undefined],
    ['from the lead on', '2026-11-23T08:50:00', 50],
    ['in the window', '2026-11-23T12:00:00', 50],
    ['until its end', '2026-11-23T17:59:59', 50],
    ['not at its end', '2026-11-23T18:00:00', undefined],
    ['not on other days', '2026-11-22T12:00:00', undefined],
  ])('holds %s', (_, instant, floor) => {
    expect(scheduleEffect([aWindow()], 'checks', berlin(instant)).floor).toBe(floor)
  })

  it('is of one pool', () => {
    expect(scheduleEffect([aWindow()], 'other', berlin('2026-11-23T12:00'))).toEqual({
      floor: undefined,
      ceiling: undefined,
      by: [],
    })
  })

  it('knows extra dates and exceptions', () => {
    const window = aWindow({ dates: ['2026-12-26'], except: ['2026-12-25'] })
    const floorOn = (date: string) => scheduleEffect([window], 'checks', berlin(`${date}T12:00`)).floor
    expect(floorOn('2026-12-25')).toBeUndefined()
    expect(floorOn('2026-12-26')).toBe(50)
    expect(floorOn('2026-12-27')).toBeUndefined()
  })

  it('goes on past midnight', () => {
    const night = aWindow({ start: '22:00', end: '06:00', leadMinutes: 0 })
    const floorAt = (instant: string) => scheduleEffect([night], 'checks', berlin(instant)).floor
    expect(floorAt('2026-11-23T23:00')).toBe(50)
    expect(floorAt('2026-11-24T05:59')).toBe(50)
    expect(floorAt('2026-11-28T05:59')).toBe(50) // Friday's, on Saturday morning
    expect(floorAt('2026-11-28T23:00')).toBeUndefined()
  })

  it('lets the higher priority win, and of equals the higher floor and the lower ceiling', () => {
    const at = berlin('2026-11-23T12:00')
    const effect = (...windows: ScheduleWindow[]) => scheduleEffect(windows, 'checks', at)
    expect(effect(aWindow(), aWindow({ name: 'sale', count: 70 })).floor).toBe(70)
    expect(effect(aWindow(), aWindow({ name: 'holiday', count: 5, priority: 1 })).floor).toBe(5)
    expect(effect(aWindow({ clause: 'ceiling', count: 9 }), aWindow({ clause: 'ceiling', count: 8 })).ceiling).toBe(8)
    expect(effect(aWindow({ clause: 'exactly', count: 7 }))).toEqual({ floor: 7, ceiling: 7, by: ['opening'] })
    expect(effect(aWindow({ count: 20 }), aWindow({ name: 'cap', clause: 'ceiling', count: 10 }))).toEqual({
      floor: 20,
      ceiling: 20,
      by: ['opening', 'cap'],
    })
    expect(effect(aWindow({ count: 20 }), aWindow({ name: 'cap', clause: 'ceiling', count: 10, priority: 1 }))).toEqual(
      {
        floor: 10,
        ceiling: 10,
        by: ['cap', 'opening'],
      },
    )
  })
})

describe('occurrences, on days when the clock changes', () => {
  it('stay at the same time on the wall', () => {
    const week = occurrences([aWindow({ days: ['sat', 'sun', 'mon'] })], berlin('2026-10-24'), berlin('2026-10-27'))
    expect(week.map(({ startsAt }) => iso(startsAt))).toEqual([
      '2026-10-24T07:00:00.000Z',
      '2026-10-25T08:00:00.000Z',
      '2026-10-26T08:00:00.000Z',
    ])
    expect(week.every(({ startsAt, effectiveAt }) => startsAt - effectiveAt === 600_000)).toBe(true)
  })

  it('move a time that does not exist to after the gap', () => {
    const [one] = occurrences(
      [aWindow({ days: ['sun'], start: '02:30', leadMinutes: 0 })],
      berlin('2026-03-29'),
      berlin('2026-03-30'),
    )
    expect(iso(one?.startsAt ?? 0)).toBe('2026-03-29T01:30:00.000Z')
  })

  it('take the first of two times that exist twice', () => {
    const [one] = occurrences(
      [aWindow({ days: ['sun'], start: '02:30', leadMinutes: 0 })],
      berlin('2026-10-25'),
      berlin('2026-10-26'),
    )
    expect(iso(one?.startsAt ?? 0)).toBe('2026-10-25T00:30:00.000Z')
  })

  it('come once a day, in order, for a whole year', () => {
    const year = occurrences(
      [aWindow({ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] })],
      berlin('2026-01-01'),
      berlin('2027-01-01'),
    )
    expect(year).toHaveLength(365)
    for (const { startsAt } of year)
      expect(DateTime.fromMillis(startsAt, { zone: 'Europe/Berlin' }).toFormat('HH:mm')).toBe('09:00')
  })
})

it.each([
  ['a zone nobody knows', { timeZone: 'Mars/Olympus' }, /IANA/],
  ['no day', { days: [] }, /days or dates/],
  ['a day that does not exist', { dates: ['2026-02-30'] }, /YYYY-MM-DD/],
  ['a time that does not exist', { start: '24:00' }, /HH:MM/],
  ['a lead of two days', { leadMinutes: 2880 }, /leadMinutes/],
  ['half a node', { count: 1.5 }, /whole number/],
  ['a day that is none', { days: ['day' as 'mon'] }, /mon, tue/],
  ['half a minute', { leadMinutes: 0.5 }, /leadMinutes/],
  ['a priority beyond all others', { priority: 1e9 }, /priority/],
  ['a name that a shell would take apart', { name: 'a b' }, /name/],
  ['dates without an end', { dates: Array.from({ length: 401 }, () => '2026-01-01') }, /400 dates/],
])('windowProblems tells of %s', (_, overrides, problem) => {
  expect(windowProblems(aWindow(overrides)).join()).toMatch(problem)
  expect(windowProblems(aWindow())).toEqual([])
})
