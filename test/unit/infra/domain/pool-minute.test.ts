import { describe, expect, it } from 'vitest'
import { countsUnder, hopsOf, mergeSums, saturationOf, workersOf } from '../../../../infra/domain/pool-minute.ts'
import { durations, sumsOf } from '../../../fixtures/minutes.ts'

const spent = (total: number) => ({ count: 1, total, most: total })

describe('sums of a pool', () => {
  it('are one sum for each series, whoever told them', () => {
    const merged = mergeSums([{ wait: durations(5) }, { wait: durations(9_000), batch: spent(3) }, {}])
    expect(merged.wait).toEqual(durations(5, 9_000))
    expect(merged.batch).toEqual({ ...spent(3), buckets: undefined })
  })

  it('tell counts by the rest of their name', () => {
    const sums = { 'ended/succeeded': spent(0), 'ended/NO_FACE': spent(0), 'answered/succeeded': spent(9) }
    expect(countsUnder(sums, 'ended')).toEqual({ succeeded: 1, NO_FACE: 1 })
    expect(countsUnder(sums, 'refused')).toEqual({})
  })

  it('tell the hops that jobs went through, in their order', () => {
    const sums = { 'hop/write': durations(1), 'hop/admit': durations(2), 'hop/fetch': { count: 0, total: 0, most: 0 } }
    expect(hopsOf(sums).map(([hop]) => hop)).toEqual(['admit', 'write'])
  })
})

describe('how far workers are used', () => {
  it('is told by what they have in hand, against what they could have', () => {
    expect(saturationOf(sumsOf({}, { full: 0.25, inferring: 0.5 }))).toEqual({
      ...{ busy: expect.closeTo(0.5), full: expect.closeTo(0.25), inferring: expect.closeTo(0.5) },
    })
  })

  it('is never over all of it: bulk work comes on top', () => {
    expect(saturationOf({ slots: spent(100), 'in-hand': spent(150) }).full).toBe(1)
  })

  it('is unknown where no worker told of itself', () => {
    expect(saturationOf({})).toEqual({ busy: undefined, full: undefined, inferring: undefined })
    expect(workersOf({}, 60_000)).toBeUndefined()
  })

  it('counts workers by the time they were there', () => {
    expect(workersOf({ present: spent(90_000) }, 60_000)).toBe(1.5)
  })
})
