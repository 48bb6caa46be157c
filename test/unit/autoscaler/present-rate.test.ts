import { describe, expect, it } from 'vitest'
import { createPresentRate } from '../../../autoscaler/present-rate.ts'

const NOON = Date.UTC(2026, 10, 21, 12)
const SECOND = 1_000
const MINUTE = 60 * SECOND

/** What is told at an instant of a demand that changes with time. */
const toldAt = (ms: number, offered: (second: number) => number) =>
  [-2, -1, 0, 1, 2].flatMap((minute) => {
    const seconds = Array.from({ length: 60 }, (_, second) => minute * 60 + second).filter(
      (second) => second * SECOND < ms,
    )
    const offeredCount = seconds.reduce((sum, second) => sum + offered(second), 0)
    return offeredCount > 0 ? [{ minute: NOON + minute * MINUTE, offeredCount, refusedCount: 0 }] : []
  })

describe('the present rate', () => {
  it('is that of the last whole minute at the first look', () => {
    const rate = createPresentRate()
    expect(
      rate(
        toldAt(20 * SECOND, () => 5),
        NOON + 20 * SECOND,
      ),
    ).toEqual({ rate: 5, until: NOON })
  })

  it('follows a jump within the minute it happens in', () => {
    const rate = createPresentRate()
    const demand = (second: number) => (second < 10 ? 1 : 14)
    for (const second of [0, 5, 10]) rate(toldAt(second * SECOND, demand), NOON + second * SECOND)
    expect(rate(toldAt(40 * SECOND, demand), NOON + 40 * SECOND)).toEqual({ rate: 14, until: NOON + 40 * SECOND })
  })

  it('goes on over the end of a minute', () => {
    const rate = createPresentRate()
    rate(
      toldAt(45 * SECOND, () => 8),
      NOON + 45 * SECOND,
    )
    expect(
      rate(
        toldAt(85 * SECOND, () => 8),
        NOON + 85 * SECOND,
      ),
    ).toEqual({ rate: 8, until: NOON + 85 * SECOND })
  })

  it('is nothing when nobody was asked for anything', () => {
    const rate = createPresentRate()
    rate([], NOON)
    expect(rate([], NOON + 35 * SECOND).rate).toBe(0)
  })

  it('does not go back further than minutes are read', () => {
    const rate = createPresentRate()
    rate(
      toldAt(0, () => 3),
      NOON,
    )
    expect(
      rate(
        toldAt(179 * SECOND, () => 3),
        NOON + 179 * SECOND,
      ).until,
    ).toBe(NOON + 2 * MINUTE)
  })
})
