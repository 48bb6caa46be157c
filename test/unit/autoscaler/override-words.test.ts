import fc from 'fast-check'
import { expect, it } from 'vitest'
import { effectInWords } from '../../../autoscaler/override-words.ts'
import { OVERRIDE_KINDS } from '../../../infra/domain/scaling.ts'

const bounds = { min: 2, max: 60 }

it.each([
  ['pin', 50, 12, 'the count goes from 12 to 50'],
  ['pin', 12, 12, 'the count stays 12'],
  ['pin', 50, undefined, 'the count will be 50'],
  ['pin', 0, 12, 'the count goes from 12 to 2 (the pool has min 2)'],
  ['floor', 20, 12, 'the count goes from 12 to at least 20'],
  ['floor', 20, 25, 'the count is 25 and does not fall under 20'],
  ['ceiling', 8, 12, 'the count goes from 12 to at most 8'],
  ['ceiling', 20, 12, 'the count is 12 and does not rise over 20'],
  ['hold', 12, 12, 'the count stays 12'],
  ['hold', null, undefined, 'the count stays as it is'],
  ['no-scale-in', null, 12, 'the count is 12 and does not fall'],
  ['no-scale-in', null, undefined, 'the count does not fall'],
] as const)('%s %j at %j: %s', (kind, count, present, words) => {
  expect(effectInWords(kind, count, present, bounds)).toBe(words)
})

it('never promises a count outside the bounds', () => {
  const count = fc.option(fc.integer({ min: 0, max: 200 }))
  const present = fc.option(fc.integer({ min: 2, max: 60 }), { nil: undefined })
  fc.assert(
    fc.property(fc.constantFrom(...OVERRIDE_KINDS), count, present, (kind, said, now) => {
      const promised = /(?:to(?: at least| at most)?|be(?: at least| at most)?|stays|under|over) (\d+)/.exec(
        effectInWords(kind, said, now, bounds),
      )?.[1]
      if (promised === undefined) return
      expect(Number(promised)).toBeGreaterThanOrEqual(2)
      expect(Number(promised)).toBeLessThanOrEqual(60)
    }),
  )
})
