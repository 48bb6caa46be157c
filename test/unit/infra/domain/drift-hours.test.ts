import { describe, expect, it } from 'vitest'
import { daysBefore, hoursLike, hoursUntil, stretchOf, weeksBefore } from '../../../../infra/domain/drift-hours.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WEEK = 7 * DAY
const now = Date.parse('2026-11-18T10:17:00Z')
const ten = Date.parse('2026-11-18T10:00:00Z')

it('takes hours that are over, oldest first', () => {
  expect(hoursUntil(now, 3)).toEqual([ten - 3 * HOUR, ten - 2 * HOUR, ten - HOUR])
})

it('compares with the same hours of four weeks', () => {
  const hours = hoursUntil(now, 24)
  const weeks = weeksBefore(hours)
  expect(weeks).toHaveLength(96)
  expect(new Set(weeks.map((hour) => hour % WEEK))).toEqual(new Set(hours.map((hour) => hour % WEEK)))
  expect(stretchOf(weeks)).toEqual({ from: ten - DAY - 4 * WEEK, until: ten - WEEK })
})

it('compares with the same hours of six days, never with the present itself', () => {
  const hours = hoursUntil(now, 24)
  const days = daysBefore(hours)
  expect(new Set(days).size).toBe(days.length)
  expect(stretchOf(days)).toEqual({ from: ten - 7 * DAY, until: ten - DAY })
  expect(daysBefore(hoursUntil(now, 3))).toHaveLength(18)
})

describe('a pinned stretch gives', () => {
  const hours = hoursUntil(now, 3)
  it.each([
    ['the same times of the week', 2 * WEEK, 6],
    ['the same times of the day', 2 * DAY, 6],
    ['all of a stretch that is shorter than a day', 5 * HOUR, 5],
    ['nothing of one that is shorter than an hour', HOUR / 2, 0],
  ])('%s', (_, length, count) => {
    const from = ten - 6 * WEEK
    expect(hoursLike(hours, { from, until: from + length })).toHaveLength(count)
  })

  it('none of the hours that are compared with it', () => {
    expect(hoursLike(hours, { from: ten - 4 * HOUR, until: ten })).toEqual([ten - 4 * HOUR])
  })
})
