import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distanceOf, similarityOf } from '../../../../../worker/tasks/faces/embedding.ts'

const scale = { midpoint: 0.55, slope: 14 }

describe('distanceOf', () => {
  it('is Euclidean, symmetric and zero for the same', () => {
    const [a, b] = [Float32Array.of(0, 3, 1), Float32Array.of(4, 0, 1)]
    expect(distanceOf(a, b)).toBe(5)
    expect(distanceOf(b, a)).toBe(5)
    expect(distanceOf(a, a)).toBe(0)
  })
})

describe('similarityOf', () => {
  it('is one half at the midpoint', () => {
    expect(similarityOf(0.55, scale)).toBe(0.5)
  })

  it('stays within 0..1 and falls as the distance grows', () => {
    const distance = fc.double({ min: 0, max: 2, noNaN: true })
    fc.assert(
      fc.property(distance, distance, (one, other) => {
        const [near, far] = [Math.min(one, other), Math.max(one, other)]
        const [high, low] = [similarityOf(near, scale), similarityOf(far, scale)]
        expect(high).toBeGreaterThanOrEqual(low)
        expect(Math.min(high, low)).toBeGreaterThan(0)
        expect(Math.max(high, low)).toBeLessThan(1)
      }),
    )
  })
})
