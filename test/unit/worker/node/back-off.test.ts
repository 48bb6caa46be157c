import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOffMs } from '../../../../worker/node/back-off.ts'

const policy = { minMs: 500, maxMs: 30_000 }

describe('the back-off of a worker that keeps ending', () => {
  it.each([
    [1, 0, 250],
    [1, 1, 500],
    [2, 1, 1_000],
    [3, 0.5, 1_500],
    [7, 1, 30_000],
    [7, 0, 15_000],
    [5_000, 1, 30_000],
  ])('after %i ends, by chance %f, is %i ms', (endCount, random, ms) => {
    expect(backOffMs(endCount, policy, random)).toBe(ms)
  })

  it('never spins and never waits longer than allowed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (endCount, random) => {
        const ms = backOffMs(endCount, policy, random)
        expect(ms).toBeGreaterThanOrEqual(policy.minMs / 2)
        expect(ms).toBeLessThanOrEqual(policy.maxMs)
      }),
    )
  })
})
