import { expect, it } from 'vitest'
import { seeded, shuffled } from '../../chaos/fault.ts'

const ITEMS = Array.from({ length: 20 }, (_, index) => index)

it('gives the same order for the same seed, and another for another', () => {
  expect(shuffled(ITEMS, seeded(7))).toEqual(shuffled(ITEMS, seeded(7)))
  expect(shuffled(ITEMS, seeded(7))).not.toEqual(shuffled(ITEMS, seeded(8)))
})

it('keeps every item once', () => {
  expect([...shuffled(ITEMS, seeded(1))].sort((a, b) => a - b)).toEqual(ITEMS)
})
