import { expect, it } from 'vitest'
import { isFound } from '../../../../../../autoscaler/console/page/words/find.ts'

it.each([
  ['', 'gpu-07 ready', true],
  ['  ', 'gpu-07 ready', true],
  ['gpu-0', 'gpu-07 ready', true],
  ['GPU 07', 'gpu-07 Ready', true],
  ['ready gpu', 'gpu-07 ready', true],
  ['gpu-08', 'gpu-07 ready', false],
  ['gpu silent', 'gpu-07 ready', false],
  // Typed, not a pattern.
  ['.*', 'gpu-07', false],
  ['(', 'gpu-07 (b)', true],
])('%j in %j: %s', (wanted, text, found) => {
  expect(isFound(wanted, text)).toBe(found)
})
