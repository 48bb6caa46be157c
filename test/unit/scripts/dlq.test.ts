import { expect, it } from 'vitest'
import { parseSelection } from '../../../scripts/dlq.ts'

it('means one letter, all of them, or those of one reason', () => {
  expect(parseSelection('x-1', {})).toEqual({ ids: ['x-1'] })
  expect(parseSelection(undefined, { all: true })).toEqual({})
  expect(parseSelection(undefined, { reason: 'missing' })).toEqual({ reason: 'missing' })
})

it.each([
  [undefined, {}],
  ['x', { all: true }],
  [undefined, { all: true, reason: 'missing' }],
  [undefined, { reason: 'other' }],
])('refuses %j with %j', (id, options) => {
  expect(() => parseSelection(id, options)).toThrow(/name one id|--reason takes/)
})
