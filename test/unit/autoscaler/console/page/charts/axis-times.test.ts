import fc from 'fast-check'
import { expect, it } from 'vitest'
import { tickTimes } from '../../../../../../autoscaler/console/page/charts/axis-times.ts'

const MINUTE = 60_000

it('has ticks at full minutes, within the picture, as many as there is room for', () => {
  const lengths = fc.integer({ min: 30 * MINUTE, max: 8 * 24 * 60 * MINUTE })
  fc.assert(
    fc.property(
      fc.integer({ min: 1.6e12, max: 2e12 }),
      lengths,
      fc.integer({ min: 2, max: 14 }),
      (from, length, most) => {
        const ticks = tickTimes(from, from + length, most)
        // A week of days may be more than there is room for: uPlot leaves out what would overlap.
        expect(ticks.length).toBeLessThanOrEqual(Math.max(most + 2, 10))
        for (const at of ticks) {
          expect(at >= from && at <= from + length).toBe(true)
          expect(new Date(at).getSeconds() + new Date(at).getMilliseconds()).toBe(0)
        }
        expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b))
      },
    ),
  )
})

it('leaves the end free where the words of a tick would be cut off', () => {
  const midnight = new Date(2026, 10, 21).getTime()
  const until = midnight + 60 * MINUTE
  expect(tickTimes(midnight, until, 4).at(-1)).toBe(until)
  expect(tickTimes(midnight, until, 4, 1).at(-1)).toBe(until - 15 * MINUTE)
})
