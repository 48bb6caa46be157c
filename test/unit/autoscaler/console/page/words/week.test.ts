import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ScheduleRow } from '../../../../../../autoscaler/console/page/state/resources.ts'
import { daysFrom, partsOf, says } from '../../../../../../autoscaler/console/page/words/week.ts'

const aRow = (from: number, until: number): ScheduleRow => ({
  ...{ pool: 'checks', floor: 12, ceiling: null, windows: ['opening'], contradiction: null },
  from: new Date(from).toISOString(),
  until: new Date(until).toISOString(),
})

it.each([
  [{ floor: 12, ceiling: null }, '≥ 12'],
  [{ floor: null, ceiling: 4 }, '≤ 4'],
  [{ floor: 7, ceiling: 7 }, '= 7'],
  [{ floor: 2, ceiling: 9 }, '2 to 9'],
])('%j is %s', (row, words) => {
  expect(says(row)).toBe(words)
})

it('has seven days that follow each other, the first of them today', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1.6e12, max: 2e12 }), (now) => {
      const days = daysFrom(now)
      expect(days).toHaveLength(7)
      expect(now >= (days[0]?.[0] ?? 0) && now < (days[0]?.[1] ?? 0)).toBe(true)
      for (const [index, [from]] of days.entries()) if (index > 0) expect(from).toBe(days[index - 1]?.[1])
    }),
  )
})

it('shows all of a stretch, day by day, and nothing else', () => {
  const now = Date.UTC(2026, 10, 21, 9)
  const days = daysFrom(now)
  const [start, end] = [days[0]?.[0] as number, days.at(-1)?.[1] as number]
  const instant = fc.integer({ min: start, max: end })
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      const [from, until] = [Math.min(a, b), Math.max(a, b)]
      const shown = days.flatMap(([begin, over]) =>
        partsOf([aRow(from, until)], begin, over).map(
          ({ startRatio, endRatio }) => (endRatio - startRatio) * (over - begin),
        ),
      )
      expect(shown.reduce((sum, length) => sum + length, 0)).toBeCloseTo(until - from, 0)
    }),
  )
})
