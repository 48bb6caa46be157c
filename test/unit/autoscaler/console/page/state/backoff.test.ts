import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffMs } from '../../../../../../autoscaler/console/page/state/backoff.ts'

it('waits longer each time, never longer than ten seconds, and not as long as everybody else', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const wait = backoffMs(attempt, random)
      expect(wait).toBeGreaterThanOrEqual(250)
      expect(wait).toBeLessThanOrEqual(10_000)
      expect(backoffMs(attempt + 1, random)).toBeGreaterThanOrEqual(wait)
    }),
  )
  expect(backoffMs(3, 0)).toBe(1_000)
  expect(backoffMs(3, 1)).toBe(2_000)
})
