import { expect, it } from 'vitest'
import { UsageError } from '../../../scripts/exit-code.ts'
import { parseThing } from '../../../scripts/hold.ts'

const ID = '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e'

it('reads what is to be held', () => {
  expect(parseThing({ tenant: 'acme', job: ID })).toEqual({ tenant: 'acme', what: { jobId: ID } })
  expect(parseThing({ tenant: 'acme', subject: 'person-7' })).toEqual({ tenant: 'acme', what: { subject: 'person-7' } })
})

it.each([
  [{ job: ID }],
  [{ tenant: 'a/b', job: ID }],
  [{ tenant: 'acme' }],
  [{ tenant: 'acme', job: ID, subject: 'person-7' }],
  [{ tenant: 'acme', job: '7' }],
  [{ tenant: 'acme', subject: 'a b' }],
])('refuses %j', (words) => {
  expect(() => parseThing(words)).toThrow(UsageError)
})
