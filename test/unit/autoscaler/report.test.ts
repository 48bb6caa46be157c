import { describe, expect, it } from 'vitest'
import { report } from '../../../autoscaler/report.ts'
import { OUTCOMES, type Override } from '../../../infra/domain/scaling.ts'
import { aKept, aMeasurement } from '../../fixtures/decisions.ts'

const override: Override = {
  ...{ id: 'o', pool: 'checks', kind: 'pin' as const, count: 8, actor: 'ada', reason: 'campaign' },
  ...{ createdAt: 1_700_000_000_000, expiresAt: 1_700_007_200_000 },
}

describe('the report of a decision that was kept', () => {
  it('says what was seen, expected, settled, decided, and what it would have been otherwise', () => {
    const without = { schedule: 8, override: 12 }
    const kept = aKept({ override, without, doubts: ['demand is 3 min old'], external: { before: 4, after: 5 } })
    expect(report(kept)).toEqual([
      'checks: 5 -> 8 nodes',
      'forecast 5 -> 8 (blend)',
      'without override: 12',
      'demand 30/s (1 s old), waiting 0, in hand 4',
      'nodes: 5 asked for, 5 placed, 5 running; 5 workers ready',
      'a node does 10/s (measured), boots in 3 min (p95 of 12)',
      'forecast for 4 min ahead: 60/s, from 45/s to 75/s, by blend: 8 nodes',
      'somebody else changed the count: 4 -> 5',
      'schedule in force: opening',
      'override in force: pin by ada until 2023-11-15T00:13:20Z',
      'bounds: 1 to 40',
      'in doubt: demand is 3 min old',
      'decided 2023-11-14T22:20:00Z, next look 2023-11-14T22:20:30Z',
    ])
  })

  it('tells what is unknown from what is nothing', () => {
    const measurement = aMeasurement({ rate: undefined, waiting: undefined, placed: undefined, bootCount: 0 })
    const lines = report(aKept({ measurement, forecast: undefined }))
    expect(lines).toContain('demand unknown, waiting unknown, in hand 4')
    expect(lines).toContain('nodes: 5 asked for, unknown placed, 5 running; 5 workers ready')
    expect(lines).toContain('a node does 10/s (measured), boots in 3 min (configured)')
    expect(lines).toContain('forecast: none yet')
  })

  it.each(OUTCOMES)('says in its first line that it is %s, with the reason', (outcome) => {
    const [headline] = report(aKept({ outcome, outcomeWhy: outcome === 'applied' ? '' : 'because' }))
    expect(headline).toMatch(outcome === 'applied' ? /^checks: 5 -> 8 nodes$/ : /^checks: 5 -> 8 nodes \(.*because\)$/)
  })
})
