import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { demandSteps, lastStepEnd, STEP_MS, TELLING_MS } from '../../../autoscaler/demand-steps.ts'

const MINUTE_MS = 60_000
const T0 = 1_700_000_400_000
const minute = (index: number, offeredCount: number) => ({
  minute: T0 + index * MINUTE_MS,
  offeredCount,
  refusedCount: 0,
})

describe('demandSteps', () => {
  it('tells whole minutes as two halves, and a minute that is missing as nothing', () => {
    const minutes = [minute(0, 60), minute(2, 30)]
    const { steps, so } = demandSteps(minutes, { until: T0, ofMinute: 0 }, T0 + 3 * MINUTE_MS + TELLING_MS)
    expect(steps).toEqual([30, 30, 0, 0, 15, 15])
    expect(so.until).toBe(T0 + 3 * MINUTE_MS)
  })

  it('tells the first half of a minute that is under way, and the rest once it is over', () => {
    const half = T0 + STEP_MS + TELLING_MS
    const first = demandSteps([minute(0, 33)], { until: T0, ofMinute: 0 }, half)
    expect(first.steps).toHaveLength(1)
    expect(first.steps[0]).toBeCloseTo(30)
    const second = demandSteps([minute(0, 70), minute(1, 4)], first.so, T0 + MINUTE_MS + TELLING_MS)
    expect(second.steps).toEqual([70 - (first.steps[0] as number)])
  })

  it('tells nothing twice and loses nothing, whenever it is asked', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 20 })
    const waits = fc.array(fc.integer({ min: 1, max: 150_000 }), { maxLength: 30 })
    fc.assert(
      fc.property(counts, waits, (offered, pauses) => {
        const minutes = offered.map((count, index) => minute(index, count))
        const end = T0 + offered.length * MINUTE_MS + TELLING_MS
        let [now, so] = [T0, { until: T0, ofMinute: 0 }]
        const told: number[] = []
        for (const pause of [...pauses, end - T0]) {
          now = Math.min(end, now + pause)
          const next = demandSteps(minutes, so, now)
          // Totals grow while a minute is under way; here they are whole at once, so an early half is no more than all.
          told.push(...next.steps)
          so = next.so
          expect(so.until).toBe(Math.max(T0, lastStepEnd(now)))
        }
        expect(told).toHaveLength(offered.length * 2)
        for (const [index, count] of offered.entries())
          expect((told[2 * index] as number) + (told[2 * index + 1] as number)).toBeCloseTo(count)
      }),
    )
  })
})
