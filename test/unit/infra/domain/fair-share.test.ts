import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  aheadCount,
  aheadOfBoth,
  retryAfter,
  surplusMs,
  takeToken,
  tokensIn,
  windowOf,
} from '../../../../infra/domain/fair-share.ts'

const bucket = fc.record({
  ratePerSecond: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
  burstCount: fc.integer({ min: 1, max: 1_000 }),
})
const pauses = fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { minLength: 1, maxLength: 200 })

describe('a token bucket', () => {
  it('grants no more than the burst and the rate together, and no fewer, whoever asks when', () => {
    fc.assert(
      fc.property(bucket, pauses, (limits, waits) => {
        let [now, fullAt, granted] = [1_000, undefined as number | undefined, 0]
        for (const wait of waits) {
          now += wait
          const token = takeToken(limits, fullAt, now)
          if (token.retryAfterMs > 0) continue
          granted += 1
          fullAt = token.fullAt
        }
        const most = limits.burstCount + (limits.ratePerSecond * (now - 1_000)) / 1000
        expect(granted).toBeLessThanOrEqual(most + limits.ratePerSecond * 1e-4)
        if (granted < waits.length) expect(granted).toBeGreaterThanOrEqual(limits.burstCount)
      }),
    )
  })

  it('grants again exactly when it said so', () => {
    fc.assert(
      fc.property(bucket, (limits) => {
        let fullAt: number | undefined
        for (let taken = 0; taken < limits.burstCount; taken += 1) fullAt = takeToken(limits, fullAt, 1_000).fullAt
        const { retryAfterMs } = takeToken(limits, fullAt, 1_000)
        expect(retryAfterMs).toBeGreaterThan(0)
        expect(takeToken(limits, fullAt, 1_000 + retryAfterMs).retryAfterMs).toBe(0)
        expect(tokensIn(limits, fullAt, 1_000).remainingCount).toBe(0)
      }),
    )
  })
})

describe('what is ahead', () => {
  it.each([
    ['nobody', { count: 0, weight: 1 }, [], 1],
    ['his own', { count: 4, weight: 1 }, [], 5],
    ['of a flood as many as he has himself', { count: 0, weight: 1 }, [{ count: 1_000, weight: 1 }], 2],
    ['of a heavier tenant more', { count: 1, weight: 1 }, [{ count: 1_000, weight: 3 }], 8],
    ['of one who has little only that', { count: 99, weight: 1 }, [{ count: 5, weight: 1 }], 105],
  ])('of a new job is %s', (_what, own, others, expected) => {
    expect(aheadCount(own, others)).toBe(expected)
  })

  it('of an interactive job is a bulk job in ten, of a bulk job every interactive one', () => {
    expect(aheadOfBoth('interactive', 9, 1_000)).toBe(10)
    expect(aheadOfBoth('bulk', 2, 10)).toBe(12)
    expect(aheadOfBoth('bulk', 1, 1_000)).toBe(10)
  })

  it('is never less for a tenant of less weight', () => {
    const tenant = fc.record({ count: fc.nat(1_000), weight: fc.double({ min: 0.1, max: 100, noNaN: true }) })
    fc.assert(
      fc.property(tenant, fc.array(tenant, { maxLength: 20 }), (own, others) => {
        const lighter = { ...own, weight: own.weight / 2 }
        expect(aheadCount(lighter, others)).toBeGreaterThanOrEqual(aheadCount(own, others))
      }),
    )
  })
})

it('keeps a tenth of the deadline for what a prediction cannot see', () => {
  expect([surplusMs(54_000, 60_000), surplusMs(55_000, 60_000), surplusMs(undefined, 1)]).toEqual([0, 1_000, 0])
})

it('sends callers away for a second at least and a minute at most', () => {
  expect([retryAfter(0), retryAfter(1_500), retryAfter(1e9)]).toEqual([1_000, 1_500, 60_000])
})

it('opens the window wider for what is on its way', () => {
  expect(windowOf({ total: 8, bulk: 4 }, 0)).toEqual({ total: 8, bulk: 4 })
  expect(windowOf({ total: 8, bulk: 4 }, 1_000)).toEqual({ total: 33, bulk: 29 })
})
