import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BinPair, chanceOf, chiSquareAbove, stabilityOf } from '../../../../infra/domain/drift-psi.ts'

const pairsOf = (present: readonly number[], reference: readonly number[]): readonly BinPair[] =>
  present.map((count, bin) => ({ present: count, reference: reference[bin] ?? 0 }))

/** mulberry32 */
const randomOf = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('the index', () => {
  it('is the sum of what moved, times the logarithm of how much', () => {
    const { psi, freedom } = stabilityOf(pairsOf([6_000, 4_000], [5_000, 5_000]), true)
    expect(psi).toBeCloseTo(0.1 * Math.log(6 / 5) + -0.1 * Math.log(4 / 5), 3)
    expect(freedom).toBe(1)
  })

  const counts = fc.array(fc.nat({ max: 5_000 }), { minLength: 2, maxLength: 20 })

  it('is never negative, finite, and nothing where the shares are the same', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 9 }), fc.boolean(), (present, factor, isOrdered) => {
        const other = present.toReversed()
        const { psi } = stabilityOf(pairsOf(present, other), isOrdered)
        expect(psi >= 0 && Number.isFinite(psi)).toBe(true)
        const same = stabilityOf(
          pairsOf(
            present,
            present.map((count) => count * factor),
          ),
          isOrdered,
        )
        expect(same.psi).toBeLessThan(0.001)
      }),
    )
  })

  it('is the same the other way round', () => {
    fc.assert(
      fc.property(counts, fc.boolean(), (present, isOrdered) => {
        const other = present.toReversed()
        const there = stabilityOf(pairsOf(present, other), isOrdered)
        expect(stabilityOf(pairsOf(other, present), isOrdered).psi).toBeCloseTo(there.psi, 9)
      }),
    )
  })

  it('joins neighbours that have too little in them, and what is rare where there are no neighbours', () => {
    const pairs = pairsOf([1_000, 2, 3, 1_000, 1], [1_000, 3, 2, 1_000, 2])
    const ordered = stabilityOf(pairs, true)
    expect([ordered.freedom, ordered.pull[1], ordered.pull[2]]).toEqual([1, ordered.pull[3], ordered.pull[3]])
    const words = stabilityOf(pairs, false)
    expect([words.freedom, words.pull[1], words.pull[2]]).toEqual([2, words.pull[4], words.pull[4]])
  })

  it('sees a bin that was empty before', () => {
    expect(stabilityOf(pairsOf([800, 200], [1_000, 0]), false).psi).toBeGreaterThan(1)
  })

  it('is nothing where there is nothing', () => {
    expect(stabilityOf(pairsOf([0, 0], [5, 5]), true)).toMatchObject({ psi: 0, freedom: 0 })
  })
})

describe('chance', () => {
  it.each([
    [1, 0.05, 3.841],
    [1, 0.001, 10.828],
    [9, 0.05, 16.919],
    [9, 0.001, 27.877],
    [19, 0.001, 43.82],
    [19, 0.000001, 62.2],
  ])('knows the chi-square value of %i degrees that is exceeded with %f', (freedom, probability, value) => {
    expect(Math.abs(chiSquareAbove(freedom, probability) / value - 1)).toBeLessThan(0.04)
  })

  it('is exceeded about as often as it says when nothing moved', () => {
    const random = randomOf(7)
    const draw = (total: number, bins: number): readonly number[] => {
      const counts = Array.from({ length: bins }, () => 0)
      for (let job = 0; job < total; job += 1) {
        const bin = Math.floor(random() ** 1.5 * bins)
        counts[bin] = (counts[bin] ?? 0) + 1
      }
      return counts
    }
    const rounds = 2_000
    let exceeded = 0
    for (let round = 0; round < rounds; round += 1) {
      const { psi, freedom } = stabilityOf(pairsOf(draw(300, 10), draw(900, 10)), true)
      if (psi > chanceOf(freedom, 300, 900, 0.05)) exceeded += 1
    }
    expect(exceeded / rounds).toBeGreaterThan(0.03)
    expect(exceeded / rounds).toBeLessThan(0.07)
  })
})
