import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addSums,
  BOUNDS_MS,
  boundedBucketOf,
  meanOf,
  NOTHING,
  overOf,
  withinOf,
} from '../../../../infra/domain/duration-sum.ts'
import { durations } from '../../../fixtures/minutes.ts'

const aDuration = fc.oneof(fc.double({ min: 0, max: 100_000, noNaN: true }), fc.constantFrom(...BOUNDS_MS))
const someDurations = fc.array(aDuration, { minLength: 1, maxLength: 60 })

describe('a bucket', () => {
  it('holds what is over the bound before it and within its own', () => {
    fc.assert(
      fc.property(aDuration, (ms) => {
        const bucket = boundedBucketOf(ms)
        expect(ms).toBeLessThanOrEqual(BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)
        if (bucket > 0) expect(ms).toBeGreaterThan(BOUNDS_MS[bucket - 1] as number)
      }),
    )
  })
})

describe('a sum', () => {
  it('of two sums is that of all their durations', () => {
    fc.assert(
      fc.property(someDurations, someDurations, (one, other) => {
        const { total, ...both } = addSums(durations(...one), durations(...other))
        const { total: expected, ...all } = durations(...one, ...other)
        expect(both).toEqual(all)
        expect(total).toBeCloseTo(expected, 5)
      }),
    )
  })

  it('that had no buckets takes those of the other', () => {
    expect(addSums(NOTHING, durations(5))).toEqual(durations(5))
    expect(addSums(NOTHING, { count: 2, total: 9, most: 5 })).toEqual({
      count: 2,
      total: 9,
      most: 5,
      buckets: undefined,
    })
  })

  it('has a mean where there is anything', () => {
    expect(meanOf(durations(1, 3))).toBe(2)
    expect(meanOf(NOTHING)).toBeUndefined()
  })
})

describe('what a share of durations stays within', () => {
  it('is in the bucket of the duration of that rank, and never over the longest', () => {
    fc.assert(
      fc.property(someDurations, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const within = withinOf(durations(...all), share) as number
        const ranked = all.toSorted((a, b) => a - b)[Math.ceil(Math.max(1, all.length * share) - 1e-9) - 1] as number
        const bucket = boundedBucketOf(ranked)
        expect(within).toBeLessThanOrEqual(Math.max(...all))
        expect(within).toBeLessThanOrEqual(BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)
        expect(within).toBeGreaterThanOrEqual(BOUNDS_MS[bucket - 1] ?? 0)
      }),
    )
  })

  it('grows with the share', () => {
    fc.assert(
      fc.property(someDurations, (all) => {
        const sum = durations(...all)
        const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => withinOf(sum, share) as number)
        expect(p50).toBeLessThanOrEqual(p95 as number)
        expect(p95).toBeLessThanOrEqual(p99 as number)
      }),
    )
  })

  it('is unknown while nothing was counted', () => {
    expect(withinOf(NOTHING, 0.5)).toBeUndefined()
    expect(withinOf(durations(), 0.5)).toBeUndefined()
  })
})

describe('the share over the line of the objective', () => {
  it('is exact', () => {
    fc.assert(
      fc.property(someDurations, (all) => {
        expect(overOf(durations(...all), 3_000)).toBeCloseTo(all.filter((ms) => ms > 3_000).length / all.length, 10)
      }),
    )
  })

  it('is unknown while nothing was counted', () => {
    expect(overOf(NOTHING, 3_000)).toBeUndefined()
  })
})
