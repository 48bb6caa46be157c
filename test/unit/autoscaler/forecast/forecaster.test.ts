import { describe, expect, it } from 'vitest'
import { DemandSeries, STEPS_PER_DAY } from '../../../../autoscaler/forecast/demand-series.ts'
import { regressionRate } from '../../../../autoscaler/forecast/experts.ts'
import { Forecaster } from '../../../../autoscaler/forecast/forecaster.ts'
import { LeastSquares } from '../../../../autoscaler/forecast/least-squares.ts'
import { lateShare, ShadowFleets } from '../../../../autoscaler/forecast/shadow-fleets.ts'
import { seededRandom } from '../../../../autoscaler/simulate/trace.ts'

const SHAPE = { capacity: 10, bootSteps: 6, minCount: 1, maxCount: 100 }

/** A day from 20 requests a second at night to 300 at noon. */
const dayShape = (step: number): number => 160 - 140 * Math.cos((2 * Math.PI * (step % STEPS_PER_DAY)) / STEPS_PER_DAY)

describe('Forecaster', () => {
  it('expects what a quiet pool has always asked for', () => {
    const forecaster = new Forecaster(SHAPE)
    for (let step = 0; step < STEPS_PER_DAY; step += 1) forecaster.observe(100 * 30)
    const forecast = forecaster.forecast()
    expect(forecast?.expected).toBeCloseTo(100, 0)
    expect(forecast?.desired).toBeLessThanOrEqual(11)
    expect(forecast?.desired).toBeGreaterThanOrEqual(10)
  })

  it('is within a tenth of a daily curve after three days', () => {
    const forecaster = new Forecaster(SHAPE)
    const random = seededRandom(1)
    let [error, count] = [0, 0]
    const due: { readonly step: number; readonly rate: number }[] = []
    for (let step = 0; step < 4 * STEPS_PER_DAY; step += 1) {
      const truth = dayShape(step)
      if (due[0]?.step === step) {
        error += Math.abs((due.shift()?.rate ?? 0) - truth) / truth
        count += 1
      }
      forecaster.observe(truth * 30 * (0.95 + 0.1 * random()))
      if (step > 3 * STEPS_PER_DAY)
        due.push({ step: step + forecaster.horizon, rate: forecaster.forecast()?.expected ?? 0 })
    }
    expect(count).toBeGreaterThan(1000)
    expect(error / count).toBeLessThan(0.1)
  })

  it('says the same for the same history', () => {
    const [a, b] = [new Forecaster(SHAPE), new Forecaster(SHAPE)]
    for (let step = 0; step < 2000; step += 1) {
      a.observe(dayShape(step) * 30)
      b.observe(dayShape(step) * 30)
    }
    expect(a.forecast()).toEqual(b.forecast())
  })

  it('weighs its voices to one, and names who it follows', () => {
    const forecaster = new Forecaster(SHAPE)
    for (let step = 0; step < 2000; step += 1) forecaster.observe(dayShape(step) * 30)
    const { voices = [], expert, upper = 0, expected = 0 } = forecaster.forecast() ?? {}
    expect(voices.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1)
    expect(expert).not.toBe('')
    expect(upper).toBeGreaterThanOrEqual(expected)
  })
})

describe('Forecaster, told little', () => {
  it('keeps nodes at 70 % of their capacity until it knows a day, and says so', () => {
    const forecaster = new Forecaster(SHAPE)
    for (let step = 0; step < 200; step += 1) forecaster.observe(70 * 30)
    expect(forecaster.forecast()).toMatchObject({ desired: 10, expert: expect.stringMatching(/no history.*70 %/) })
    for (let step = 200; step < STEPS_PER_DAY; step += 1) forecaster.observe(70 * 30)
    expect(forecaster.forecast()?.expert).not.toMatch(/no history/)
    expect(forecaster.forecast()?.desired).toBeLessThan(10)
  })

  it('takes what nobody knows for more of the same', () => {
    const forecaster = new Forecaster(SHAPE)
    for (let step = 0; step < STEPS_PER_DAY; step += 1) forecaster.observe(100 * 30)
    const before = forecaster.forecast()
    for (let step = 0; step < 40; step += 1) forecaster.observe(undefined)
    expect(forecaster.forecast()?.expected).toBeCloseTo(before?.expected ?? Number.NaN, 0)
    expect(forecaster.forecast()?.desired).toBe(before?.desired)
  })

  it('draws the coming minutes, and an interval around what it expects', () => {
    const forecaster = new Forecaster(SHAPE)
    const random = seededRandom(2)
    for (let step = 0; step < 2 * STEPS_PER_DAY; step += 1) forecaster.observe(100 * 30 * (0.9 + 0.2 * random()))
    const { low = 0, expected = 0, upper = 0 } = forecaster.forecast() ?? {}
    expect(low).toBeLessThan(expected)
    expect(upper).toBeGreaterThan(expected)
    const outlook = forecaster.outlook(30)
    expect(outlook).toHaveLength(30)
    for (const rate of outlook) expect(Math.abs(rate - 100)).toBeLessThan(20)
  })
})

describe('DemandSeries', () => {
  it('answers the mean of any span', () => {
    const series = new DemandSeries()
    for (let step = 0; step < 10_000; step += 1) series.push(step)
    expect(series.at(7)).toBe(7)
    expect(series.mean(10, 20)).toBeCloseTo(14.5 / 30)
    expect(series.last(2)).toBeCloseTo(9998.5 / 30)
    expect(series.mean(20, 20)).toBe(0)
  })
})

it('draws the regression of the last twenty minutes on', () => {
  const series = new DemandSeries()
  for (let step = 0; step < 60; step += 1) series.push((100 + step) * 30)
  expect(regressionRate(series, 8)).toBeCloseTo(100 + 60 + 8 - 0.5, 0)
})

it('finds the weights of a linear truth', () => {
  const squares = new LeastSquares([0, 0, 0], 0.999)
  const random = seededRandom(3)
  for (let lesson = 0; lesson < 500; lesson += 1) {
    const features = [random(), random(), random()]
    squares.learn(features, 0.5 * (features[0] ?? 0) + 0.3 * (features[2] ?? 0), 1)
  }
  expect(squares.estimate([1, 1, 1])).toBeCloseTo(0.8, 1)
  expect(squares.estimate([0, 1, 0])).toBeCloseTo(0, 1)
})

describe('lateShare', () => {
  it.each([
    [0, 2, 0],
    [4, 5, 1],
    [0, 6, 0.5],
    [6, 0, 0.5],
    [3, 3, 0],
    [0, Number.POSITIVE_INFINITY, 1],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1],
  ])('from a wait of %d s to one of %d s: %d', (before, after, share) => {
    expect(lateShare(before, after)).toBeCloseTo(share)
  })
})

describe('ShadowFleets', () => {
  it('knows what is late where no node works: all that comes, and nothing while nothing comes', () => {
    const fleets = new ShadowFleets(1, { ...SHAPE, minCount: 0 }, 0)
    fleets.advance(0)
    expect(fleets.late[0]).toBe(0)
    fleets.advance(30)
    expect(fleets.late[0]).toBe(30)
  })

  it('pays for a node from its launch and lets it work after its boot', () => {
    const fleets = new ShadowFleets(1, SHAPE, 1)
    fleets.resize(0, 3)
    expect([fleets.count(0), fleets.ready(0)]).toEqual([3, 1])
    for (let step = 0; step < SHAPE.bootSteps; step += 1) fleets.advance(0)
    expect([fleets.count(0), fleets.ready(0), fleets.paid[0]]).toEqual([3, 3, 3])
  })

  it('dismisses nodes that still boot before those that work', () => {
    const fleets = new ShadowFleets(1, SHAPE, 4)
    fleets.resize(0, 6)
    fleets.advance(0)
    fleets.resize(0, 7)
    fleets.resize(0, 5)
    expect([fleets.count(0), fleets.ready(0)]).toEqual([5, 4])
    fleets.resize(0, 2)
    expect([fleets.count(0), fleets.ready(0)]).toEqual([2, 2])
    for (let step = 0; step < 10; step += 1) fleets.advance(0)
    expect([fleets.count(0), fleets.ready(0)]).toEqual([2, 2])
  })

  it('keeps what it cannot serve waiting', () => {
    const fleets = new ShadowFleets(1, SHAPE, 1)
    fleets.advance(400)
    expect(fleets.backlog[0]).toBe(100)
    fleets.advance(0)
    expect(fleets.backlog[0]).toBe(0)
  })
})
