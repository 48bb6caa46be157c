import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Measured, workersFor } from '../../../../worker/node/workers-for.ts'

const MIB = 1024 * 1024
const memory = (mib: number, each = 500) => ({ what: 'memory', bytes: mib * MIB, perWorkerBytes: each * MIB })
const measured = (...pairs: readonly (readonly [number, number])[]): readonly Measured[] =>
  pairs.map(([workersPerNode, checksPerSecond]) => ({ workersPerNode, checksPerSecond }))
const profile = measured([1, 5], [2, 9], [4, 12], [8, 12.2])

describe('the number of workers', () => {
  it.each([
    ['is the smallest that does nearly as much as the best', profile, [memory(8_000)], 16, 4],
    ['is what fits of what was measured', profile, [memory(1_400)], 16, 2],
    ['is what is allowed of what was measured', profile, [memory(8_000)], 3, 2],
    ['is bound by the tighter of two memories', profile, [memory(8_000), memory(1_000)], 16, 2],
    ['is what fits where nothing was measured', [], [memory(2_600)], 16, 5],
    ['is what fits where all that was measured does not', measured([4, 12]), [memory(1_100)], 16, 2],
    ['is what is allowed where nothing was measured and all would fit', [], [memory(80_000)], 6, 6],
    ['is one where none fits', profile, [memory(100)], 16, 1],
    ['is what is allowed where nothing is bound', [], [], 3, 3],
    ['does not believe a measurement of nothing', measured([1, 0], [2, 0]), [memory(8_000)], 4, 4],
    ['never is none', profile, [memory(8_000)], 0, 1],
  ] as const)('%s', (_what, measurements, budgets, most, count) => {
    expect(workersFor({ measurements, budgets, most }).count).toBe(count)
  })

  it.each([
    [
      profile,
      [memory(8_000)],
      'measured 1, 2, 4, 8: 4 do 12 checks a second, the best 12.2; room for 16, 8000 MB of memory at 500 MB each',
    ],
    [[], [memory(2_600)], 'not measured: by memory alone, 2600 MB of memory at 500 MB each'],
    [
      measured([4, 12]),
      [memory(600)],
      'what was measured does not fit: by memory alone, 600 MB of memory at 500 MB each',
    ],
    [
      [],
      [memory(80_000), { ...memory(100), what: 'GPU memory' }],
      'not measured: by memory alone, 100 MB of GPU memory at 500 MB each are too little for one: it may be killed',
    ],
  ] as const)('is explained: %j', (measurements, budgets, why) => {
    expect(workersFor({ measurements, budgets, most: 64 }).why).toBe(why)
  })

  it('stays within the budget and what is allowed, and more memory never means less work', () => {
    const measurements = fc.uniqueArray(
      fc.record({
        workersPerNode: fc.integer({ min: 1, max: 32 }),
        checksPerSecond: fc.double({ min: 0.1, max: 100, noNaN: true }),
      }),
      { selector: ({ workersPerNode }) => workersPerNode, maxLength: 6 },
    )
    fc.assert(
      fc.property(
        measurements,
        fc.integer({ min: 1, max: 64 }),
        fc.nat(20_000),
        fc.nat(20_000),
        (all, most, mib, more) => {
          const { count } = workersFor({ measurements: all, budgets: [memory(mib)], most })
          expect(count).toBeLessThanOrEqual(Math.max(1, Math.min(most, Math.floor(mib / 500))))
          expect(count).toBeGreaterThanOrEqual(1)
          const rateOf = (n: number) => all.find(({ workersPerNode }) => workersPerNode === n)?.checksPerSecond
          const larger = workersFor({ measurements: all, budgets: [memory(mib + more)], most })
          const [before, after] = [rateOf(count), rateOf(larger.count)]
          if (before !== undefined && after !== undefined) expect(after).toBeGreaterThanOrEqual(before * 0.95)
        },
      ),
    )
  })
})
