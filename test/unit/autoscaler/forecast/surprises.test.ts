import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STEPS_PER_DAY } from '../../../../autoscaler/forecast/demand-series.ts'
import { Surprises } from '../../../../autoscaler/forecast/surprises.ts'
import { seededRandom } from '../../../../autoscaler/simulate/trace.ts'

const SHARES = [0.02, 0.1, 0.4]

/** Two days of errors of up to `size` in both directions, with a lesson a minute. */
const taught = (size: number, seed = 1): Surprises => {
  const surprises = new Surprises()
  const random = seededRandom(seed)
  for (let step = 0; step < 2 * STEPS_PER_DAY; step += 2) surprises.learn(100, 100 + size * (2 * random() - 1), step)
  return surprises
}

describe('Surprises', () => {
  it('keeps more ready the more seldom demand may be more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.integer(), (size, seed) => {
        const [seldom = 0, sometimes = 0, often = 0] = taught(size, seed).margins(100, 0, SHARES)
        expect(seldom).toBeGreaterThanOrEqual(sometimes)
        expect(sometimes).toBeGreaterThanOrEqual(often)
        expect(often).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 20 },
    )
  })

  it('is exceeded about as often as it may be', () => {
    const surprises = taught(40)
    const random = seededRandom(9)
    let exceeded = 0
    for (let lesson = 0; lesson < 2_000; lesson += 1) {
      const index = 2 * STEPS_PER_DAY + 2 * lesson
      const truth = 100 + 40 * (2 * random() - 1)
      if (truth - 100 > (surprises.margins(100, index, [0.1])[0] ?? 0)) exceeded += 1
      surprises.learn(100, truth, index)
    }
    expect(exceeded / 2_000).toBeGreaterThan(0.02)
    expect(exceeded / 2_000).toBeLessThan(0.13)
  })

  it('remembers at its time of day what surprised on earlier days, and only there', () => {
    const surprises = new Surprises()
    for (let step = 0; step < 5 * STEPS_PER_DAY; step += 2)
      surprises.learn(100, step % STEPS_PER_DAY < 20 ? 200 : 100, step)
    const [atMidnight = 0] = surprises.margins(100, 5 * STEPS_PER_DAY, [0.02])
    const [atNoon = 0] = surprises.margins(100, 5.5 * STEPS_PER_DAY, [0.02])
    expect(atMidnight).toBeGreaterThan(80)
    expect(atNoon).toBeLessThan(20)
  })

  it('never says that demand may fall below nothing', () => {
    const surprises = taught(90)
    expect(surprises.below(5)).toBeLessThanOrEqual(5)
    expect(surprises.below(100)).toBeGreaterThan(30)
  })
})
