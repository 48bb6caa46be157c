import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, type Situation } from '../../../autoscaler/policy.ts'
import { createReadSignals } from '../../../autoscaler/read-signals.ts'
import { report } from '../../../autoscaler/report.ts'
import { situationOf } from '../../../autoscaler/situation.ts'
import type { Override } from '../../../infra/domain/scaling.ts'
import { aKept, aMeasurement } from '../../fixtures/decisions.ts'
import { aReading } from '../../fixtures/triggers.ts'

const pinned = (count: number): Override => ({
  ...{ id: '1', pool: 'checks', actor: 'ada', reason: 'campaign', createdAt: 0, expiresAt: 1 },
  ...{ kind: 'pin', count },
})
const aSituation = (overrides: Partial<Situation> = {}): Situation => ({
  pool: 'checks',
  now: 0,
  count: 6,
  forecast: { desired: 5, why: 'blend' },
  backstop: 0,
  schedule: { floor: undefined, ceiling: undefined, by: [] },
  override: undefined,
  bounds: { min: 1, max: 40 },
  doubts: [],
  ...overrides,
})

describe('drained nodes', () => {
  it.each<[string, Partial<Situation>, number]>([
    ['are asked for beside those the forecast wants', { drained: 2 }, 7],
    ['are asked for beside those a backlog wants', { drained: 1, backstop: 9 }, 10],
    ['are asked for beside those a trigger wants', { drained: 1, triggers: [aReading({ asks: 8 })] }, 9],
    ['add nothing where nothing is wanted', { drained: 1, forecast: undefined }, 6],
    ['stay within the bounds', { drained: 3, bounds: { min: 1, max: 7 } }, 7],
    ['add nothing to what a person pinned', { drained: 2, override: pinned(5) }, 5],
    ['are let go of again when they work', { drained: 0, count: 8 }, 5],
  ])('%s', (_what, situation, to) => {
    expect(decide(aSituation(situation)).to).toBe(to)
  })

  it('are told as a step, in words', () => {
    const one = decide(aSituation({ drained: 1, count: 5 }))
    expect(one.steps).toEqual([{ by: 'drained', before: 5, after: 6, why: '1 node is drained and does no work' }])
    expect(report(one)).toContain('drained 5 -> 6 (1 node is drained and does no work)')
    const measurement = aMeasurement({ drained: { value: 2, ageMs: 0 } })
    expect(report(aKept({ measurement })).join('\n')).toContain('5 running, 2 drained; 5 workers ready')
  })

  it('never add up from look to look: what is decided once stays', () => {
    const some = fc.integer({ min: 0, max: 12 })
    fc.assert(
      fc.property(some, some, some, some, (desired, drained, backstop, count) => {
        const situation = aSituation({ forecast: { desired, why: '' }, drained, backstop, count })
        const first = decide(situation).to
        const second = decide({ ...situation, count: first }).to
        expect(decide({ ...situation, count: second }).to).toBe(second)
        expect(second).toBeLessThanOrEqual(Math.max(first, desired + drained, backstop + drained, 1))
      }),
    )
  })

  it('are taken for what they were last while nobody can tell', async () => {
    const away = () => Promise.reject(new Error('away'))
    const answers = [() => Promise.resolve(2), away, () => Promise.resolve(0), away]
    const clock = { now: () => 0, monotonic: () => 0 }
    const read = createReadSignals(
      {
        ...{ work: { count: away }, demand: { minutes: away, sources: away }, clock },
        ...{ queue: { depth: away, connectedMs: () => 0 }, dispatcher: { load: away }, fleet: { view: away } },
        readDrained: () => (answers.shift() ?? away)(),
      },
      1_000,
    )
    const seen: (number | undefined)[] = []
    for (let look = 0; look < 4; look += 1) seen.push((await read({ name: 'checks', tasks: [] })).drained?.value)
    expect(seen).toEqual([2, 2, 0, 0])
  })

  it('do not count as nodes that work the backlog off', () => {
    const view = { desiredCount: 3, placedCount: 3, runningCount: 3, bounds: undefined, version: '1' }
    const seen = (drained: number) => {
      const of = (value: number) => ({ value, ageMs: 0 })
      const jobs = { waiting: of(40), inHand: of(0), readyWorkers: of(30), rate: of(10), drained: of(drained) }
      const measurement = aMeasurement({ ...jobs, bootMs: 0, capacityPerNode: 10 })
      const wishes = { schedule: { floor: undefined, ceiling: undefined, by: [] }, override: undefined }
      return situationOf({ measurement, view, wishes, forecast: undefined, bounds: { min: 0, max: 9 }, doubts: [] })
    }
    expect([seen(0).backstop, seen(0).drained]).toEqual([0, 0])
    expect(seen(2).backstop).toBeGreaterThan(0)
    expect(seen(2).drained).toBe(2)
  })
})
