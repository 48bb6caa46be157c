import { beforeAll, describe, expect, it } from 'vitest'
import { businessWeek } from '../../../../autoscaler/simulate/business-week.ts'
import { plotSvg } from '../../../../autoscaler/simulate/plot.ts'
import { decisionsCsv, type Simulation, simulate } from '../../../../autoscaler/simulate/simulate.ts'

const OPTIONS = { capacity: 10, bootSeconds: 180, minCount: 1, maxCount: 100, warmUpDays: 7 }

describe('simulate, on three business weeks', () => {
  let simulation: Simulation
  beforeAll(() => {
    simulation = simulate('weeks', businessWeek(), OPTIONS)
  })
  const standing = (policy: string) => simulation.standings.find((one) => one.policy === policy)

  it('keeps the promise of late requests for less than reactive scaling costs', () => {
    const [muster, reactive] = [standing('muster'), standing('hpa 80 %')]
    expect(muster?.latePercent).toBeLessThanOrEqual(0.5)
    expect(muster?.costRatio).toBeLessThan(1.2)
    expect(muster?.costRatio).toBeLessThan(reactive?.costRatio ?? 0)
    expect(muster?.latePercent).toBeLessThanOrEqual(reactive?.latePercent ?? 0)
  })

  it('finds the plain regression late, as it is', () => {
    expect(standing('regression, 20 min')?.latePercent).toBeGreaterThan(2)
  })

  it('lets nobody be cheaper than the oracle and on time', () => {
    for (const { costRatio, latePercent } of simulation.standings) expect(costRatio > 1 || latePercent > 0.5).toBe(true)
  })

  it('writes a decision for every half minute', () => {
    const lines = decisionsCsv(simulation).trim().split('\n')
    expect(lines[0]).toBe('timestamp,desired')
    expect(lines).toHaveLength(1 + 21 * 2880)
    expect(lines[2]).toMatch(/^2026-09-07T00:00:30.000Z,\d+$/)
  })

  it('draws a picture without anything from elsewhere', () => {
    const svg = plotSvg(simulation, OPTIONS.capacity)
    expect(svg).toMatch(/^<svg .*<\/svg>$/s)
    expect(svg).not.toMatch(/href|script/)
  })
})

it('learns from no more than a third of a short trace', () => {
  const week = businessWeek()
  const short = { ...week, rates: week.rates.slice(0, 3 * 288) }
  expect(simulate('short', short, OPTIONS).warmUpDays).toBeCloseTo(1)
})
