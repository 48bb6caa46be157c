import { expect, it } from 'vitest'
import { parseDuration } from '../../../scripts/drain.ts'

const DAY_MS = 86_400_000

it.each([
  [undefined, undefined],
  ['30m', 1_800_000],
  ['8h', DAY_MS / 3],
  ['30d', 30 * DAY_MS],
])('%s is so long: %s ms', (text, ms) => {
  expect(parseDuration(text, 30 * DAY_MS)).toBe(ms)
})

it.each(['0h', '31d', '8', 'for ever', ''])('%j is no time for a drain', (text) => {
  expect(() => parseDuration(text, 30 * DAY_MS)).toThrow('--for takes 30m, 8h or 3d, at most 30d')
})
