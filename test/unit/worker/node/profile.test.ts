import { describe, expect, it } from 'vitest'
import type { CapacityMeasurement } from '../../../../infra/ports/capacity-store.ts'
import { profileOf } from '../../../../worker/node/profile.ts'
import { aCapacity } from '../../../contract/capacity-store.ts'

const measured = (workersPerNode: number, checksPerSecond: number, overrides: Partial<CapacityMeasurement> = {}) => ({
  ...aCapacity({ workersPerNode, checksPerSecond, models: 'a@1', device: 'cuda' }),
  measuredAt: 0,
  ...overrides,
})

describe('the profile of a pool', () => {
  it('has the newest measurement of each number of workers', () => {
    const all = [measured(2, 9), measured(1, 6), measured(2, 7)]
    expect(profileOf(all, 'cuda', 'a@1')).toEqual({
      measurements: expect.arrayContaining([
        { workersPerNode: 2, checksPerSecond: 9 },
        { workersPerNode: 1, checksPerSecond: 6 },
      ]),
    })
  })

  it('is of this device only', () => {
    expect(profileOf([measured(2, 9, { device: 'cpu' })], 'cuda', 'a@1')).toEqual({ measurements: [] })
  })

  it('is of the models that run, also where others were measured later', () => {
    const all = [measured(4, 20, { models: 'a@2' }), measured(2, 9)]
    expect(profileOf(all, 'cuda', 'a@1')).toEqual({ measurements: [{ workersPerNode: 2, checksPerSecond: 9 }] })
  })

  it('is of the models measured last where those that run never were, and says so', () => {
    const all = [measured(4, 20, { models: 'a@2' }), measured(2, 9)]
    expect(profileOf(all, 'cuda', 'a@3')).toEqual({
      measurements: [{ workersPerNode: 4, checksPerSecond: 20 }],
      doubt: 'measured with other models',
    })
  })

  it('is of the models measured last where nobody knows what runs', () => {
    expect(profileOf([measured(4, 20, { models: 'a@2' }), measured(2, 9)], 'cuda', undefined)).toEqual({
      measurements: [{ workersPerNode: 4, checksPerSecond: 20 }],
    })
  })
})
