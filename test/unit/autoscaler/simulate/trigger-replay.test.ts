import { describe, expect, it } from 'vitest'
import { businessWeek } from '../../../../autoscaler/simulate/business-week.ts'
import { simulate } from '../../../../autoscaler/simulate/simulate.ts'
import { parseTriggerTrace } from '../../../../autoscaler/simulate/trigger-trace.ts'
import { aTrigger } from '../../../fixtures/triggers.ts'

const OPTIONS = { capacity: 10, bootSeconds: 180, minCount: 1, maxCount: 100, warmUpDays: 1 }
const DAY_MINUTES = 1_440
const week = businessWeek()
const days = { ...week, rates: week.rates.slice(0, (3 * DAY_MINUTES) / week.intervalMinutes) }

/** A partner who sends from ten to midnight what 20 nodes do, as it was recorded every five minutes of three days. */
const recorded = (gap: (minute: number) => boolean = () => false) => {
  const rows = Array.from({ length: (3 * DAY_MINUTES) / 5 }, (_, index) => {
    const minute = index * 5
    const value = minute % DAY_MINUTES >= 22 * 60 ? 1_000 : 0
    return `${new Date(week.startAt + minute * 60_000).toISOString()},${gap(minute) ? '' : value}`
  })
  return parseTriggerTrace(['timestamp,value', ...rows].join('\n'))
}
const run = (trace = recorded(), overrides = {}) =>
  simulate('days', days, { ...OPTIONS, triggers: { list: [aTrigger(overrides)], trace } })

describe('a simulation with a recorded trigger', () => {
  const simulation = run()

  it('shows what it costs and what is short, without and with', () => {
    const [without, heard] = simulation.standings
    expect([without?.policy, heard?.policy]).toEqual(['muster', 'muster + triggers'])
    expect(simulation.triggers?.without.shortPercent).toBeGreaterThan(8)
    expect(simulation.triggers?.without.p95MissingCount).toBeGreaterThan(15)
    // Two hours of each day and one boot of them: nobody foresees what only the query knows.
    expect(simulation.triggers?.with.shortPercent).toBeLessThan(0.4)
    expect(simulation.triggers?.with.p95MissingCount).toBe(0)
    const more = (heard?.nodeHours ?? 0) - (without?.nodeHours ?? 0)
    expect(more).toBeGreaterThan(2 * 2 * 15)
    expect(more).toBeLessThan(2 * 2 * 21)
  })

  it('is no more often late than without, and keeps to the bounds', () => {
    const [without, heard] = simulation.standings
    expect(heard?.latePercent).toBeLessThanOrEqual(without?.latePercent ?? 0)
    const bounded = simulate('days', days, {
      ...{ ...OPTIONS, maxCount: 12 },
      triggers: { list: [aTrigger()], trace: recorded() },
    })
    expect(Math.max(...bounded.muster.desired)).toBe(12)
  })

  it('lets no node go while the trigger is unknown', () => {
    const inGap = (minute: number) => minute >= 2 * DAY_MINUTES - 60 && minute < 2 * DAY_MINUTES + 120
    const { muster, triggers } = run(recorded(inGap))
    const stepOf = (minute: number) => minute * 4
    expect(muster.desired[stepOf(2 * DAY_MINUTES + 119)]).toBeGreaterThanOrEqual(20)
    expect(muster.desired[stepOf(2 * DAY_MINUTES + 130)]).toBeLessThan(20)
    expect(triggers?.with.unknownPercent).toBeCloseTo((100 * 179) / (2 * DAY_MINUTES), 0)
  })

  it('refuses a trace of another time, and one that lacks a trigger', () => {
    const early = parseTriggerTrace('timestamp,value\n2020-01-01T00:00:00Z,1\n2020-01-01T00:01:00Z,1')
    expect(() => run(early)).toThrow('no time in common')
    const trace = parseTriggerTrace(
      `timestamp,other\n${new Date(week.startAt).toISOString()},1\n2027-01-01T00:01:00Z,1`,
    )
    expect(() => run(trace)).toThrow('has no column partner-queue')
  })
})
