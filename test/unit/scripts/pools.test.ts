import { expect, it } from 'vitest'
import { formatAge } from '../../../scripts/pools.ts'

it.each([
  [-5, '0 s'],
  [12_400, '12 s'],
  [119_000, '119 s'],
  [125_000, '2 min'],
  [7_300_000, '2 h'],
])('%d ms are %s', (ms, words) => {
  expect(formatAge(ms)).toBe(words)
})
