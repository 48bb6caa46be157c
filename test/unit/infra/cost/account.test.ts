import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { account, type CostLine } from '../../../../infra/cost/account.ts'
import type { Measured } from '../../../../infra/cost/pool-hours.ts'
import type { PriceFile } from '../../../../infra/cost/price-file.ts'
import type { NodeHour } from '../../../../infra/ports/node-hour-store.ts'
import type { PresenceHour, UsageHour } from '../../../../infra/ports/usage-store.ts'
import { costCsv, costTable } from '../../../../scripts/cost/render.ts'

const HOUR_MS = 3_600_000
const START = 1_699_999_200_000
const prices: PriceFile = {
  currency: 'EUR',
  nodeClasses: {
    gpu: { onDemand: 2, spot: 1, zones: { b: { onDemand: 4 } } },
    small: { onDemand: 0.5 },
  },
  pools: { checks: { nodeClass: 'gpu' }, papers: { nodeClass: 'small' }, cheap: { nodeClass: 'gpu', spotShare: 0.5 } },
}
const aNodeHour = (overrides: Partial<NodeHour> = {}): NodeHour => ({
  ...{ hour: START, pool: 'checks', zone: '', nodeMs: 4 * HOUR_MS, observedMs: HOUR_MS, poolPeakCount: 5 },
  ...{ workersPerNode: 2, ...overrides },
})
const aUsage = (overrides: Partial<UsageHour> = {}): UsageHour => ({
  ...{ hour: START, pool: 'checks', tenant: 'acme', task: 'face-match', model: 'm@1.0.0' },
  ...{ runCount: 100, busyMs: 2 * HOUR_MS, ...overrides },
})
const aPresence = (overrides: Partial<PresenceHour> = {}): PresenceHour => ({
  ...{ hour: START, pool: 'checks', presentMs: 6 * HOUR_MS },
  ...overrides,
})
const bill = (measured: Partial<Measured>, hours = 1) =>
  account({ nodeHours: [aNodeHour()], usage: [], presence: [], ...measured }, prices, START, START + hours * HOUR_MS)
const rounded = (value: number): number => Number(value.toFixed(9))
const lines = (all: readonly CostLine[]) =>
  all.map(({ kind, name, nodeHours, cost }) => [kind, name, rounded(nodeHours), rounded(cost)])

describe('the account of a period', () => {
  it('gives node time to whom workers were busy for, and tells idle time from time without workers', () => {
    const usage = [aUsage(), aUsage({ tenant: 'zenith', model: 'n@2.0.0', busyMs: HOUR_MS, runCount: 50 })]
    const report = bill({ usage, presence: [aPresence()] })
    // Four node hours of two workers each: 8 worker hours, of which 6 were told, 3 of them busy.
    expect(lines(report.byTenant)).toEqual([
      ['used', 'acme', 1, 2],
      ['used', 'zenith', 0.5, 1],
      ['idle', '', 1.5, 3],
      ['absent', '', 1, 2],
    ])
    expect(lines(report.byModel).slice(0, 2)).toEqual([
      ['used', 'm@1.0.0', 1, 2],
      ['used', 'n@2.0.0', 0.5, 1],
    ])
    expect(report).toMatchObject({ nodeHours: 4, cost: 8, runCount: 150, staticCost: 10 })
    expect(report.perThousand).toBeCloseTo((8 / 150) * 1_000)
    expect(report.byTenant[0]?.perThousand).toBeCloseTo(20)
    expect(report.pools[0]).toMatchObject({ usedRatio: 0.375, idleRatio: 0.375, peakCount: 5, observedHours: 1 })
    expect(report.notes).toEqual([])
  })

  it('takes the price of the zone, and spot nodes by their share', () => {
    const nodeHours = [
      aNodeHour({ zone: 'a', nodeMs: HOUR_MS }),
      aNodeHour({ zone: 'b', nodeMs: HOUR_MS }),
      aNodeHour({ pool: 'cheap', nodeMs: HOUR_MS }),
    ]
    const report = bill({ nodeHours })
    expect(report.pools.map(({ pool, cost }) => [pool, cost])).toEqual([
      ['cheap', 1.5],
      ['checks', 6],
    ])
  })

  it('says what it could not see, and does not make it up', () => {
    const nodeHours = [aNodeHour({ observedMs: HOUR_MS / 2, nodeMs: HOUR_MS })]
    const usage = [aUsage({ hour: START + HOUR_MS })]
    const report = bill({ nodeHours, usage }, 2)
    expect(report).toMatchObject({ cost: 2, runCount: 100, staticCost: 5 })
    expect(report.notes).toEqual([
      'checks: its nodes were not looked at in 1.5 of 2.0 h, which are missing here',
      'checks: 100 runs were in hours in which no node was seen: they cost nothing here',
    ])
  })

  it('divides no more than there was, whatever workers told', () => {
    const report = bill({ usage: [aUsage({ busyMs: 100 * HOUR_MS })], presence: [aPresence()] })
    expect(lines(report.byTenant)).toEqual([
      ['used', 'acme', 4, 8],
      ['idle', '', 0, 0],
      ['absent', '', 0, 0],
    ])
  })

  it('reckons with what other hours saw of a node’s workers', () => {
    const nodeHours = [aNodeHour({ workersPerNode: null }), aNodeHour({ hour: START + HOUR_MS, workersPerNode: 4 })]
    const report = bill({ nodeHours, usage: [aUsage()], presence: [aPresence()] }, 2)
    expect(report.byTenant[0]).toMatchObject({ nodeHours: 0.5 })
  })

  it('knows nothing to say of nothing', () => {
    const report = bill({ nodeHours: [] })
    expect(report).toMatchObject({ cost: 0, nodeHours: 0, perThousand: null, byTenant: [], pools: [] })
    expect(costTable(report)).toContain('0.00 EUR')
  })

  it('refuses pools, classes and shares without a price', () => {
    const of = (pool: string) => () => bill({ nodeHours: [aNodeHour({ pool })] })
    expect(of('others')).toThrow('the price file says nothing of pool others')
  })

  it('adds up to the same whole in every division', () => {
    const aPool = fc.constantFrom('checks', 'papers', 'cheap')
    const hour = fc.integer({ min: 0, max: 5 }).map((at) => START + at * HOUR_MS)
    const ms = fc.double({ min: 0, max: 40 * HOUR_MS, noNaN: true })
    const measured = fc.record({
      nodeHours: fc.uniqueArray(
        fc.record({
          ...{ hour, pool: aPool, zone: fc.constantFrom('', 'a', 'b'), nodeMs: ms, observedMs: fc.constant(HOUR_MS) },
          ...{ poolPeakCount: fc.nat(40), workersPerNode: fc.constantFrom(null, 1, 4) },
        }),
        { selector: (one) => [one.hour, one.pool, one.zone].join(' ') },
      ),
      usage: fc.array(
        fc.record({
          ...{ hour, pool: aPool, tenant: fc.constantFrom('a', 'b'), task: fc.constant('ocr') },
          ...{ model: fc.constantFrom('', 'm@1'), runCount: fc.nat(1_000), busyMs: ms },
        }),
      ),
      presence: fc.array(fc.record({ hour, pool: aPool, presentMs: ms })),
    })
    fc.assert(
      fc.property(measured, (all) => {
        const report = account(all, prices, START, START + 6 * HOUR_MS)
        const whole = all.nodeHours.reduce((sum, { nodeMs }) => sum + nodeMs, 0) / HOUR_MS
        expect(report.nodeHours).toBeCloseTo(whole, 6)
        for (const division of [report.byPool, report.byModel, report.byTenant]) {
          const sumOf = (of: (line: CostLine) => number) => division.reduce((sum, line) => sum + of(line), 0)
          expect(sumOf(({ cost }) => cost)).toBeCloseTo(report.cost, 6)
          expect(sumOf(({ nodeHours }) => nodeHours)).toBeCloseTo(report.nodeHours, 6)
          expect(sumOf(({ runCount }) => runCount)).toBe(report.runCount)
          expect(division.every(({ cost, nodeHours }) => cost >= 0 && nodeHours >= 0)).toBe(true)
        }
      }),
    )
  })
})

describe('what is printed of it', () => {
  const report = bill({ usage: [aUsage({ tenant: '=acme,"x"', model: '' })], presence: [aPresence()] })

  it('names what was saved, and what is nobody’s', () => {
    const text = costTable(report)
    expect(text).toContain(
      '2023-11-14 22:00 to 2023-11-14 23:00 UTC: 8.00 EUR: 20.0 % less than always the most nodes (10.00)',
    )
    for (const words of ['(idle)', '(no worker there)', '(no model decided)']) expect(text).toContain(words)
  })

  it('gives spreadsheets no formula', () => {
    expect(costCsv(report)).toContain(`tenant,"'=acme,""x""",used,1.000000,2.000000,EUR,100`)
    expect(costCsv(report).split('\n')[0]).toBe('by,name,kind,node_hours,cost,currency,runs')
  })
})
