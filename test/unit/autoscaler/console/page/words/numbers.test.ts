import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ago, span } from '../../../../../../autoscaler/console/page/words/instants.ts'
import {
  count,
  duration,
  percent,
  plural,
  rate,
  UNKNOWN,
} from '../../../../../../autoscaler/console/page/words/numbers.ts'

it.each([
  [rate(82.44), '82.4/s'],
  [rate(0.416), '0.42/s'],
  [rate(1_204.4), '1,204/s'],
  [count(1_204), '1,204'],
  [duration(4.25), '4.3 ms'],
  [duration(840.4), '840 ms'],
  [duration(2_314), '2.31 s'],
  [duration(12_345), '12.3 s'],
  [percent(0), '0 %'],
  [percent(0.0004), '< 0.1 %'],
  [percent(0.034), '3.4 %'],
  [percent(1), '100 %'],
  [plural(1, 'node'), '1 node'],
  [plural(0, 'node'), '0 nodes'],
  [span(45_000), '45 s'],
  [span(12 * 60_000), '12 min'],
  [span(3.5 * 3_600_000), '3.5 h'],
  [span(50 * 3_600_000), '2.1 d'],
  [ago(0, 500), 'just now'],
  [ago(0, 12_000), '12 s ago'],
])('%s is written as %s', (written, wanted) => {
  expect(written).toBe(wanted)
})

it('never takes what is not known for a zero', () => {
  for (const words of [rate, count, duration, percent])
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) expect(words(value)).toBe(UNKNOWN)
})

it('says every length with a unit', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e10, noNaN: true }), (ms) => {
      expect(span(ms)).toMatch(/^[\d.]+ (ms|s|min|h|d)$/)
    }),
  )
})
