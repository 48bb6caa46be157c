import { expect, it } from 'vitest'
import { clock, count, ms, percent, rate, span } from '../../../../scripts/top/figures.ts'

it.each<[string, (value: number | null) => string, readonly (readonly [number | null, string])[]]>([
  [
    'a rate',
    rate,
    [
      [null, '-'],
      [0, '0'],
      [0.042, '0.04'],
      [0.999, '1.0'],
      [9.94, '9.9'],
      [9.96, '10'],
      [130.4, '130'],
      [250_000, '250k'],
    ],
  ],
  [
    'a count',
    count,
    [
      [null, '-'],
      [0, '0'],
      [99_999, '99999'],
      [100_000, '100k'],
    ],
  ],
  [
    'a wait',
    ms,
    [
      [null, '-'],
      [0, '0ms'],
      [999.4, '999ms'],
      [999.6, '1.0s'],
      [9_940, '9.9s'],
      [9_951, '10s'],
      [40_000, '40s'],
    ],
  ],
  [
    'a share',
    percent,
    [
      [null, '-'],
      [0, '0%'],
      [0.004, '0.4%'],
      [0.0996, '10%'],
      [1, '100%'],
    ],
  ],
])('%s is short, and a dash where it is not known', (_what, words, cases) => {
  for (const [value, text] of cases) expect([value, words(value)]).toEqual([value, text])
})

it('a span has the unit people would choose', () => {
  expect([0, 119_400, 120_000, 7_199_000, 7_200_000].map(span)).toEqual(['0s', '119s', '2m', '120m', '2h'])
})

it('a moment is that of a clock everywhere', () => {
  expect(clock(Date.UTC(2026, 10, 21, 20, 1, 2))).toBe('20:01:02Z')
})
