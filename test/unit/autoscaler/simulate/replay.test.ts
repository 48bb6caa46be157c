import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oracleNodeHours } from '../../../../autoscaler/simulate/oracle.ts'
import { replay, type ScalingPolicy } from '../../../../autoscaler/simulate/replay.ts'

const SETTINGS = { capacity: 10, bootSeconds: 180, minCount: 1, maxCount: 100, warmUpSteps: 0 }
const fixed = (count: number): ScalingPolicy => ({ name: 'fixed', everySteps: 1, desired: () => count })
const steady = (perSecond: number, steps = 240) => new Float64Array(steps).fill(perSecond * 15)

describe('replay', () => {
  it('pays a fixed fleet by the hour and finds nobody late', () => {
    const { nodeHours, lateCount, actionsPerDay } = replay(steady(30), fixed(3), SETTINGS)
    expect(nodeHours).toBeCloseTo(3)
    expect([lateCount, actionsPerDay]).toEqual([0, 0])
  })

  it('finds nearly everybody late in a fleet that is too small', () => {
    const { lateCount, requestCount, p99DelaySeconds } = replay(steady(40), fixed(3), SETTINGS)
    expect(lateCount / requestCount).toBeGreaterThan(0.95)
    expect(p99DelaySeconds).toBeGreaterThan(1000)
  })

  it('lets a node work only after its boot, and pays for it from the launch', () => {
    const arrivals = new Float64Array(24).fill(300)
    const { late, desired, nodeHours } = replay(arrivals, fixed(2), { ...SETTINGS, maxCount: 2 })
    expect(desired[0]).toBe(2)
    expect(nodeHours).toBeCloseTo((24 * 2 * 15) / 3600)
    expect(late.some((count) => count > 0)).toBe(false)
    const jump = Float64Array.from({ length: 40 }, (_, step) => (step < 4 ? 150 : 300))
    const { late: lateAfterJump } = replay(jump, fixed(2), { ...SETTINGS, bootSeconds: 600 })
    expect(lateAfterJump.some((count) => count > 0)).toBe(true)
  })

  it('shows a policy nothing of the future', () => {
    const seen: number[] = []
    const spy: ScalingPolicy = {
      name: 'spy',
      everySteps: 1,
      desired: ({ step, requests, count }) => {
        seen.push(step === 0 ? 0 : requests(step - 1))
        return count
      },
    }
    const arrivals = Float64Array.from({ length: 10 }, (_, step) => step + 1)
    replay(arrivals, spy, SETTINGS)
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

describe('oracle', () => {
  it('is never dearer than a fleet that serves everybody in time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 8, maxLength: 60 }), (minutes) => {
        const arrivals = Float64Array.from({ length: minutes.length * 4 }, (_, step) => (minutes[step >> 2] ?? 0) * 15)
        const enough = Math.max(1, Math.ceil(Math.max(...minutes) / 10))
        const { nodeHours } = replay(arrivals, fixed(enough), SETTINGS)
        // A node that is launched is paid for while it boots, also before the trace begins.
        const boots = (enough * SETTINGS.bootSeconds) / 3600
        expect(oracleNodeHours(arrivals, SETTINGS)).toBeLessThanOrEqual(nodeHours + boots + 1e-9)
      }),
    )
  })

  it('keeps a node through a pause shorter than a boot and launches it anew after a longer one', () => {
    const pause = (steps: number) =>
      Float64Array.from({ length: 200 }, (_, step) => (step >= 48 && step < 48 + steps ? 0 : 300))
    const none = oracleNodeHours(pause(0), SETTINGS)
    expect(oracleNodeHours(pause(8), SETTINGS)).toBeCloseTo(none)
    expect(oracleNodeHours(pause(52), SETTINGS)).toBeCloseTo(none - (40 * 15) / 3600)
  })
})
