import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS, hourOf, type NodeLook, nodeHours } from '../../../../autoscaler/node-hours/node-hours.ts'
import type { ZoneShare } from '../../../../infra/domain/zones.ts'

const HOUR = 1_699_999_200_000
const MINUTE_MS = 60_000
const signal = (value: number | undefined) => (value === undefined ? undefined : { value, ageMs: 0 })
const look = (minute: number, placed: number | undefined, ready = 0): NodeLook => ({
  at: HOUR + minute * MINUTE_MS,
  measurement: { placed: signal(placed), running: signal(placed), readyWorkers: signal(ready) },
})
const everyFive = (placed: number) => Array.from({ length: 13 }, (_, at) => look(at * 5, placed))
const hoursOf = (looks: readonly NodeLook[]) => nodeHours('checks', HOUR, looks)

describe('nodeHours', () => {
  it('knows the hour of an instant', () => {
    expect(hourOf(HOUR + 1)).toBe(HOUR)
  })

  it('adds up what each look saw until the next', () => {
    const [row] = hoursOf([look(-5, 2), look(10, 4), look(20, 0), look(30, 1), look(40, 1), look(50, 1)])
    expect(row).toEqual({
      ...{ hour: HOUR, pool: 'checks', zone: '', nodeMs: (2 * 10 + 4 * 10 + 30) * MINUTE_MS },
      ...{ observedMs: HOUR_MS, poolPeakCount: 4, workersPerNode: null },
    })
  })

  it('does not make up what nobody looked at, or could not see', () => {
    expect(hoursOf([look(0, 2)])).toMatchObject([{ nodeMs: 2 * 15 * MINUTE_MS, observedMs: 15 * MINUTE_MS }])
    expect(hoursOf([look(0, 2), look(5, undefined), look(55, 2)])).toMatchObject([{ observedMs: 10 * MINUTE_MS }])
    expect(hoursOf([])).toMatchObject([{ zone: '', nodeMs: 0, observedMs: 0, poolPeakCount: 0 }])
  })

  it('tells zones apart', () => {
    const share = (zone: string, placed: number) => ({ zone, placed }) as ZoneShare
    const zones = { wantedBefore: 3, wanted: 3, shares: [share('a', 2), share('b', 1)] }
    const rows = hoursOf(everyFive(3).map((one) => ({ ...one, zones })))
    expect(rows.map(({ zone, nodeMs, poolPeakCount }) => [zone, nodeMs / HOUR_MS, poolPeakCount])).toEqual([
      ['a', 2, 3],
      ['b', 1, 3],
    ])
  })

  it('sees how many workers a node has, whatever comes and goes for a moment', () => {
    const looks = [look(0, 2, 8), look(10, 1, 8), look(11, 3, 4), look(15, 3, 12), look(30, 3, 12)]
    expect(hoursOf(looks)[0]?.workersPerNode).toBe(4)
  })

  it('adds up to the same whether looks are many or few, while nothing changes', () => {
    const minutes = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 30, maxLength: 60 })
    fc.assert(
      fc.property(minutes, fc.nat(40), (gaps, placed) => {
        let at = -1
        const looks = gaps.map((gap) => {
          at += gap
          return look(at - 14, placed)
        })
        fc.pre(at - 14 >= 60 && (looks[0]?.at ?? 0) <= HOUR)
        expect(hoursOf(looks)).toMatchObject([{ nodeMs: placed * HOUR_MS, observedMs: HOUR_MS }])
      }),
    )
  })
})
