import { describe, expect, it } from 'vitest'
import { createLearner, type PoolShape } from '../../../autoscaler/learner.ts'
import { createMemoryDemandStore } from '../../fakes/demand-store.ts'

const MINUTE_MS = 60_000
const T0 = 1_700_000_400_000
const SHAPE: PoolShape = { capacity: 10, bootMs: 180_000, bounds: { min: 1, max: 100 } }

const start = async (minutes: number, perSecond: number, options = {}) => {
  const demand = createMemoryDemandStore(() => T0)
  const say = (from: number, count: number, rate: number) =>
    demand.put(
      'api',
      Array.from({ length: count }, (_, index) => ({
        ...{ pool: 'checks', minute: from + index * MINUTE_MS, offeredCount: rate * 60, refusedCount: 0 },
      })),
      T0,
    )
  await say(T0 - minutes * MINUTE_MS, minutes, perSecond)
  const learner = createLearner({ demand, clock: { monotonic: () => performance.now() } }, 'checks', options)
  return { learner, say }
}

describe('a learner', () => {
  it('learns from the history that is there, and forecasts', async () => {
    const { learner } = await start(120, 50)
    const { forecast } = await learner.look(SHAPE, T0 + 6_000, T0)
    expect(forecast?.expected).toBeCloseTo(50, 0)
    expect(forecast?.high).toBeGreaterThanOrEqual(forecast?.expected ?? Number.NaN)
    expect(forecast?.horizonMs).toBe(240_000)
    expect(forecast?.desired).toBeGreaterThanOrEqual(5)
  })

  it('goes on with what comes', async () => {
    const { learner, say } = await start(60, 50)
    const before = (await learner.look(SHAPE, T0 + 6_000, T0)).forecast
    await say(T0, 10, 90)
    const after = (await learner.look(SHAPE, T0 + 10 * MINUTE_MS + 6_000, T0 + 10 * MINUTE_MS)).forecast
    expect(after?.desired).toBeGreaterThan(before?.desired ?? Number.NaN)
    expect(after?.expected).toBeGreaterThan(80)
  })

  it('has nothing to say while nothing was ever known, and takes silence for more of the same', async () => {
    const { learner } = await start(60, 50)
    expect(await learner.look(SHAPE, T0 + 6_000, undefined)).toEqual({ forecast: undefined, collapsedMs: 0 })
    const before = (await learner.look(SHAPE, T0 + 6_000, T0)).forecast
    const { forecast } = await learner.look(SHAPE, T0 + 15 * MINUTE_MS, undefined)
    expect(forecast?.expected).toBeCloseTo(before?.expected ?? Number.NaN, 0)
  })

  it('says the same as one that was there from the beginning', async () => {
    const { learner: old, say } = await start(200, 40)
    for (let minute = 0; minute < 30; minute += 1) {
      await say(T0 + minute * MINUTE_MS, 1, 40 + minute)
      await old.look(SHAPE, T0 + (minute + 1) * MINUTE_MS + 6_000, T0 + (minute + 1) * MINUTE_MS)
    }
    const { learner: young, say: sayToo } = await start(200, 40)
    for (let minute = 0; minute < 30; minute += 1) await sayToo(T0 + minute * MINUTE_MS, 1, 40 + minute)
    const at = [T0 + 30 * MINUTE_MS + 6_000, T0 + 30 * MINUTE_MS] as const
    expect((await young.look(SHAPE, ...at)).forecast).toEqual((await old.look(SHAPE, ...at)).forecast)
  })

  it('is not waited for while it learns: it says when it is done', async () => {
    const { learner } = await start(600, 50, { patienceMs: 0 })
    expect(await learner.look(SHAPE, T0 + 6_000, T0)).toEqual({ forecast: undefined, collapsedMs: 0 })
    const later = async () => (await learner.look(SHAPE, T0 + 6_000, T0)).forecast?.desired
    await expect.poll(later, { timeout: 15_000 }).toBeGreaterThanOrEqual(5)
  })

  it('learns anew for another capacity', async () => {
    const { learner } = await start(120, 50)
    const before = (await learner.look(SHAPE, T0 + 6_000, T0)).forecast
    const after = (await learner.look({ ...SHAPE, capacity: 5 }, T0 + 6_000, T0)).forecast
    expect(after?.desired).toBeGreaterThan(before?.desired ?? Number.NaN)
  })

  it('forgets a minute that cannot be within the hour', async () => {
    const { learner, say } = await start(26 * 60, 50)
    await learner.look(SHAPE, T0 + 6_000, T0)
    await say(T0, 1, 30_000_000)
    await say(T0 + MINUTE_MS, 79, 50)
    const during = await learner.look(SHAPE, T0 + 2 * MINUTE_MS, T0 + 2 * MINUTE_MS)
    expect(during.forecast?.desired).toBe(SHAPE.bounds.max)
    const after = await learner.look(SHAPE, T0 + 80 * MINUTE_MS, T0 + 80 * MINUTE_MS)
    expect(after.forecast?.desired).toBeLessThanOrEqual(9)
  })
})
