import { describe, expect, it } from 'vitest'
import { due } from '../../../../scripts/load/arrivals.ts'
import { createTally } from '../../../../scripts/load/tally.ts'

describe('tally', () => {
  it('tells what happened since it was last asked', () => {
    const tally = createTally()
    for (let ms = 1; ms <= 100; ms += 1) {
      tally.sent()
      tally.ended('done', ms)
    }
    tally.sent()
    tally.ended('refused', 5)
    tally.ended('failed', 9_000)
    expect(tally.take()).toEqual({
      sentCount: 101,
      doneCount: 100,
      refusedCount: 1,
      failedCount: 1,
      p50Ms: 50,
      p95Ms: 95,
    })
    expect(tally.take()).toMatchObject({ sentCount: 0, doneCount: 0, p50Ms: undefined, p95Ms: undefined })
  })

  it('sends slow rates too, and late ticks make no difference', () => {
    let [carried, count] = [0, 0]
    for (const ms of [20, 2_000, 5, 975, 4_000, 3_100]) {
      const step = due(carried, 0.3, ms)
      carried = step.rest
      count += step.count
    }
    expect(count).toBe(3)
    expect(due(0, -1, 1_000).count).toBe(0)
  })
})
