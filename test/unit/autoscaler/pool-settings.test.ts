import { describe, expect, it } from 'vitest'
import {
  PoolSettingsInvalidError,
  parseBounds,
  parseCapacities,
  parseJobs,
  parseZoneWeights,
} from '../../../autoscaler/pool-settings.ts'

describe('parseBounds', () => {
  it('reads least and most of each pool', () => {
    expect(parseBounds('ocr=0..5  face-match=2..40')).toEqual(
      new Map([
        ['ocr', { min: 0, max: 5 }],
        ['face-match', { min: 2, max: 40 }],
      ]),
    )
    expect(parseBounds('')).toEqual(new Map())
  })

  it.each([
    'ocr',
    'ocr=',
    'ocr=5',
    'ocr=5..2',
    'ocr=0..0',
    'ocr=1..2..3',
    'ocr=1..2 ocr=1..3',
    '=1..2',
    'ocr=-1..2',
    'ocr=1..9999999',
  ])('refuses %j', (text) => {
    expect(() => parseBounds(text)).toThrow(PoolSettingsInvalidError)
  })
})

describe('parseCapacities', () => {
  it('reads one for all pools, and those of some', () => {
    expect(parseCapacities('10 ocr=2.5')).toEqual({ byDefault: 10, byPool: new Map([['ocr', 2.5]]) })
    expect(parseCapacities('ocr=4')).toEqual({ byDefault: undefined, byPool: new Map([['ocr', 4]]) })
  })

  it.each(['0', '-1', 'ocr=0', '1 2', 'many', '1e3', 'Infinity'])('refuses %j', (text) => {
    expect(() => parseCapacities(text)).toThrow(PoolSettingsInvalidError)
  })
})

describe('parseJobs', () => {
  it('reads job and group, of jobs that have slashes too', () => {
    expect(parseJobs('ocr=muster/workers/ocr a=b/c')).toEqual(
      new Map([
        ['ocr', { job: 'muster/workers', group: 'ocr' }],
        ['a', { job: 'b', group: 'c' }],
      ]),
    )
  })

  it.each(['ocr', 'ocr=job', 'ocr=/group', 'ocr=job/'])('refuses %j', (text) => {
    expect(() => parseJobs(text)).toThrow(PoolSettingsInvalidError)
  })
})

describe('parseZoneWeights', () => {
  it('reads how much zones are to have against each other', () => {
    expect(parseZoneWeights(' zone-a=2  zone-b=0.5 ')).toEqual(
      new Map([
        ['zone-a', 2],
        ['zone-b', 0.5],
      ]),
    )
    expect(parseZoneWeights('').size).toBe(0)
  })

  it.each(['zone-a', 'zone-a=0', 'zone-a=-1', 'zone-a=x', 'zone-a=1 zone-a=2'])('refuses %j', (text) => {
    expect(() => parseZoneWeights(text)).toThrow(PoolSettingsInvalidError)
  })
})
