import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseSpan, spanInWords } from '../../../../autoscaler/triggers/durations.ts'

it.each<[unknown, number | undefined]>([
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1d', 86_400_000],
  [0, 0],
  ['0', 0],
  ['', undefined],
  ['5', undefined],
  [5, undefined],
  ['5 m', undefined],
  ['30m1h', undefined],
  ['-5m', undefined],
  [undefined, undefined],
])('reads %j as %j', (given, ms) => {
  expect(parseSpan(given)).toBe(ms)
})

it('reads what it is put together of', () => {
  const part = fc.integer({ min: 0, max: 999 })
  fc.assert(
    fc.property(part, part, part, part, (d, h, m, s) => {
      expect(parseSpan(`${d}d${h}h${m}m${s}s`)).toBe((((d * 24 + h) * 60 + m) * 60 + s) * 1_000)
    }),
  )
})

it('says it as people do', () => {
  expect([90_000, 300_000, 21_600_000].map(spanInWords)).toEqual(['90 s', '5 min', '6 h'])
})
