import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Figures } from '../../../../scripts/scale/figures.ts'
import { costsOf, type Demand, needsOf, peakFactorOf } from '../../../../scripts/scale/needs.ts'

/** Figures that can be reckoned with in one's head. */
const FIGURES: Figures = {
  perCoreSecond: { 'face-match': 10, liveness: 20, ocr: 2 },
  apiSecondsPerPicture: 0.01,
  pictures: { 'face-match': 2, liveness: 1, ocr: 1 },
  brokerSeconds: 0.0002,
  databaseSeconds: 0.0001,
  redisSeconds: 0.00001,
  messages: 2,
  rowBytes: 1_000,
  keyBytes: 100,
  walBytes: 10_000,
  fleetCostRatio: 1.2,
}
const DEMAND: Demand = {
  checksPerDay: 8_640_000,
  peakFactor: 5,
  mix: { 'face-match': 1, liveness: 0, ocr: 0 },
  pictureBytes: 100_000,
  pictureDays: 1,
  recordDays: 60,
  keyDays: 7,
  utilisation: 0.5,
}

describe('what a demand takes', () => {
  it('is what can be reckoned by hand', () => {
    expect(needsOf(DEMAND, FIGURES)).toEqual({
      meanPerSecond: 100,
      peakPerSecond: 500,
      apiCores: 20,
      workerCores: 80,
      gpuNodes: undefined,
      brokerCores: 0.2,
      messagesPerSecond: 1_000,
      databaseCores: 0.1,
      walMegabytesPerSecond: 5,
      dayGigabytes: 8.64,
      databaseGigabytes: 8.64 * 60 + 6.048,
      tableCount: 69,
      redisCores: 0.01,
      storageGigabytes: 1_728,
      storageRequestsPerSecond: 3_000,
      networkMegabitsPerSecond: 2_400,
    })
  })

  it('mixes tasks by the time each takes', () => {
    const mix = { 'face-match': 0.5, liveness: 0.25, ocr: 0.25 }
    const { apiCores, workerCores } = needsOf({ ...DEMAND, mix }, FIGURES)
    // 0.05 + 0.0125 + 0.125 s of a core a check, of which 1.5 pictures in the api
    expect(apiCores).toBeCloseTo(15)
    expect(apiCores + workerCores).toBeCloseTo(187.5)
  })

  it('counts whole GPU nodes by what one of them was seen to do', () => {
    const perGpuNode = { 'face-match': 300, liveness: 1, ocr: 1 }
    expect(needsOf({ ...DEMAND, perGpuNode }, FIGURES).gpuNodes).toBe(4)
  })

  it('grows with the checks and with nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (factor) => {
        const one = needsOf(DEMAND, FIGURES)
        const many = needsOf({ ...DEMAND, checksPerDay: DEMAND.checksPerDay * factor }, FIGURES)
        expect(many.workerCores).toBeCloseTo(one.workerCores * factor, 4)
        expect(many.databaseGigabytes).toBeCloseTo(one.databaseGigabytes * factor, 4)
        expect(many.tableCount).toBe(one.tableCount)
      }),
    )
  })
})

describe('what a thousand checks cost', () => {
  const prices = {
    currency: 'EUR',
    coreHour: 0.1,
    gpuNodeHour: 2,
    databaseGbMonth: 0.5,
    storageGbMonth: 0.03,
    storagePer1000Requests: 0.001,
  }

  it('is what can be reckoned by hand', () => {
    const costs = costsOf(DEMAND, FIGURES, prices)
    // 80 cores at a peak of 5 are 16 on average, and 19.2 as a fleet follows: 1.92 an hour for 360,000 checks
    expect(costs.workers).toBeCloseTo(1.92 / 360)
    expect(costs.others).toBeCloseTo((20.31 * 0.1) / 360)
    expect(costs.database).toBeCloseTo((524.448 * 0.5) / 259_200)
    // 1,728 GB, and 600 requests a second
    expect(costs.storage).toBeCloseTo((1_728 * 0.03) / 259_200 + 0.006)
    expect(costs.sum).toBeCloseTo(costs.workers + costs.others + costs.database + costs.storage)
  })

  it('is by the node where nodes were measured', () => {
    const demand = { ...DEMAND, perGpuNode: { 'face-match': 250, liveness: 1, ocr: 1 } }
    // 4 nodes at the peak are 0.96 on average
    expect(costsOf(demand, FIGURES, prices).workers).toBeCloseTo(1.92 / 360)
  })
})

it('takes the peak of a trace against the mean of all of it', () => {
  expect(peakFactorOf([0, 1, 5, 2])).toBe(2.5)
})
