import { expect, it } from 'vitest'
import { table } from '../../../scripts/output.ts'

it('aligns columns and leaves no spaces at the end of a line', () => {
  expect(
    table([
      ['NAME', 'STATE'],
      ['a', 'running'],
      ['longer', ''],
    ]),
  ).toBe('NAME    STATE\na       running\nlonger')
})

it('is nothing without rows', () => {
  expect(table([])).toBe('')
})
