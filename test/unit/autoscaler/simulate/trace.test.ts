import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrivalsOf, parseTrace, scaleTo, TraceInvalidError } from '../../../../autoscaler/simulate/trace.ts'

const csv = (...rows: readonly string[]) => ['timestamp,requests', ...rows].join('\n')
const FIVE_MINUTES = csv('2026-09-07T00:00:00Z,300', '2026-09-07T00:05:00Z,600', '2026-09-07T00:10:00Z,0')

describe('parseTrace', () => {
  it('reads counts as requests a second', () => {
    expect(parseTrace(FIVE_MINUTES)).toEqual({
      startAt: Date.UTC(2026, 8, 7),
      intervalMinutes: 5,
      rates: [1, 2, 0],
    })
  })

  it.each([
    ['another header', 'time,count\n1,2', /first line/],
    ['no rows', csv('2026-09-07T00:00:00Z,1'), /two rows/],
    ['a count that is none', csv('2026-09-07T00:00:00Z,x', '2026-09-07T00:01:00Z,1'), /line 2/],
    ['a count below nothing', csv('2026-09-07T00:00:00Z,1', '2026-09-07T00:01:00Z,-1'), /line 3/],
    ['a time that is none', csv('2026-09-07T00:00:00Z,1', 'noon,1'), /line 3/],
    ['a gap', csv('2026-09-07T00:00:00Z,1', '2026-09-07T00:01:00Z,1', '2026-09-07T00:03:00Z,1'), /line 4/],
    ['intervals of seconds', csv('2026-09-07T00:00:00Z,1', '2026-09-07T00:00:10Z,1'), /whole minutes/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseTrace(text)).toThrow(TraceInvalidError)
    expect(() => parseTrace(text)).toThrow(message)
  })
})

it('scales the 99.5th percentile of the intervals with traffic', () => {
  expect(scaleTo(parseTrace(FIVE_MINUTES), 400).rates).toEqual([200, 400, 0])
})

it('draws the same arrivals for the same seed, about as many as the trace has', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 60, maxLength: 200 }),
      fc.integer(),
      (rates, seed) => {
        const trace = { startAt: 0, intervalMinutes: 1, rates }
        const drawn = arrivalsOf(trace, seed)
        expect(arrivalsOf(trace, seed)).toEqual(drawn)
        const sum = drawn.reduce((total, one) => total + one, 0)
        const expected = rates.reduce((total, rate) => total + rate * 60, 0)
        expect(Math.abs(sum - expected)).toBeLessThanOrEqual(8 * Math.sqrt(expected) + 1)
      },
    ),
    { numRuns: 30 },
  )
})

it('begins traffic where the trace does, without a slope before it', () => {
  const opening = { startAt: 0, intervalMinutes: 5, rates: [0, 0, 100, 100] }
  const drawn = arrivalsOf(opening)
  expect(drawn.subarray(0, 2 * 20).every((count) => count === 0)).toBe(true)
  expect(drawn[2 * 20]).toBeGreaterThan(500)
})
