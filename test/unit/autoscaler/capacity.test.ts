import { describe, expect, it } from 'vitest'
import { capacityOf, contradiction, modelsOf } from '../../../autoscaler/capacity.ts'
import type { CapacityMeasurement } from '../../../infra/ports/capacity-store.ts'

const aMeasured = (overrides: Partial<CapacityMeasurement> = {}): CapacityMeasurement => ({
  ...{ pool: 'ocr', models: 'a@1.0.0,b@2.0.0', device: 'cpu', workersPerNode: 4 },
  ...{ checksPerSecond: 9.5, p95Ms: 800, sloMs: 3_000, measuredAt: 1_000 },
  ...overrides,
})
const RUNNING = { models: 'a@1.0.0,b@2.0.0', device: 'cpu' }

describe('the models of a pool', () => {
  const model = (name: string, version: string) => ({ name, version, digest: 'sha256:00' })

  it('are one text, whatever order they are told in', () => {
    const catalog = [
      { task: 'ocr', models: [model('b', '2.0.0'), model('a', '1.0.0')] },
      { task: 'liveness', models: [model('a', '1.0.0'), model('c', '1.0.0')] },
    ] as const
    expect(modelsOf(catalog, ['ocr', 'liveness'])).toBe('a@1.0.0,b@2.0.0,c@1.0.0')
    expect(modelsOf(catalog.toReversed(), ['ocr'])).toBe('a@1.0.0,b@2.0.0')
    expect(modelsOf([], ['ocr'])).toBe('')
  })
})

describe('the capacity of a node', () => {
  it('is what is configured while nothing was measured of the pool', () => {
    const other = aMeasured({ pool: 'faces' })
    const configured = { capacityPerNode: 7, capacityMeasured: false, capacityDoubt: undefined }
    expect(capacityOf('ocr', [other], RUNNING, 7)).toEqual(configured)
  })

  it.each([0, -3, Number.NaN, Number.POSITIVE_INFINITY])('is never %d, whoever has measured that', (impossible) => {
    const odd = aMeasured({ measuredAt: 2_000, checksPerSecond: impossible })
    expect(capacityOf('ocr', [odd], RUNNING, 7).capacityPerNode).toBe(7)
    expect(capacityOf('ocr', [odd, aMeasured()], RUNNING, 7).capacityPerNode).toBe(9.5)
  })

  it('is what was measured last', () => {
    const all = [aMeasured({ measuredAt: 2_000, checksPerSecond: 12 }), aMeasured()]
    expect(capacityOf('ocr', all, RUNNING, 7)).toEqual({
      capacityPerNode: 12,
      capacityMeasured: true,
      capacityDoubt: undefined,
    })
  })

  it.each([
    ['other models run', { models: 'a@1.0.0,b@3.0.0', device: 'cpu' }, 'capacity measured for other models'],
    ['two versions run side by side', { ...RUNNING, models: 'a@1.0.0,a@2.0.0' }, 'capacity measured for other models'],
    ['another device is used', { ...RUNNING, device: 'cuda' }, 'capacity measured on cpu, not on cuda'],
    ['both', { models: 'z@1.0.0', device: 'cuda' }, 'capacity measured for other models and on cpu, not on cuda'],
    ['nothing runs', { models: '', device: undefined }, undefined],
    ['it is not known what runs', { models: undefined, device: undefined }, undefined],
  ])('is doubted rightly when %s', (_what, running, doubt) => {
    const capacity = capacityOf('ocr', [aMeasured()], running, 7)
    expect(capacity).toEqual({ capacityPerNode: 9.5, capacityMeasured: true, capacityDoubt: doubt })
  })
})

describe('a contradiction', () => {
  const of = (livePerNode: number | undefined, capacityMeasured = true) =>
    contradiction({ pool: 'ocr', capacityPerNode: 10, capacityMeasured, livePerNode })

  it.each([
    ['as much', 10],
    ['a quarter more', 12.5],
    ['four tenths less', 6],
    ['what is not known', undefined],
  ])('is none when busy nodes do %s', (_what, live) => {
    expect(of(live)).toBeUndefined()
  })

  it('is told when busy nodes do much more or much less', () => {
    expect(of(13)).toBe('a busy node of ocr does 13 checks a second, measured were 10: measure it again')
    expect(of(5.94)).toBe('a busy node of ocr does 5.94 checks a second, measured were 10: measure it again')
    expect(of(120)).toBe('a busy node of ocr does 120 checks a second, measured were 10: measure it again')
  })

  it('is none of a capacity that nobody measured', () => {
    expect(of(100, false)).toBeUndefined()
  })
})
