import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  BUCKET_COUNT,
  bucketOf,
  emptyHistogram,
  quantileOf,
  totalOf,
  upperMsOf,
} from '../../../../infra/domain/latency-histogram.ts'

const histogramOf = (durations: readonly number[]): number[] => {
  const buckets = emptyHistogram()
  for (const ms of durations) buckets[bucketOf(ms)] = (buckets[bucketOf(ms)] ?? 0) + 1
  return buckets
}

it.each([-1, 0, 0.3, 1, Number.NaN])('puts %d ms into the first bucket', (ms) => {
  expect(bucketOf(ms)).toBe(0)
})

it('reaches over a minute, and puts what is longer into the last bucket', () => {
  expect(upperMsOf(BUCKET_COUNT - 1)).toBeGreaterThan(60_000)
  expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(BUCKET_COUNT - 1)
})

it('knows no quantile of nothing', () => {
  expect(quantileOf(emptyHistogram(), 0.95)).toBeUndefined()
  expect(totalOf(emptyHistogram())).toBe(0)
})

const durations = fc.array(fc.double({ min: 1, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 })

it('gives a quantile that is never too short and at most 15 % too long', () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
      const exact = all.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(all.length * share) - 1)] as number
      const told = quantileOf(histogramOf(all), share) as number
      expect(told).toBeGreaterThanOrEqual(exact * 0.999_999)
      expect(told).toBeLessThanOrEqual(Math.max(1, exact * 1.150_001))
    }),
  )
})

it('adds up: the histogram of all is the sum of those of parts', () => {
  fc.assert(
    fc.property(durations, durations, (one, other) => {
      const sum = histogramOf(one).map((count, bucket) => count + (histogramOf(other)[bucket] ?? 0))
      expect(histogramOf([...one, ...other])).toEqual(sum)
    }),
  )
})
