import { expect, it } from 'vitest'
import { lastJobMs } from '../../chaos/strikes.ts'

const over = (times: Readonly<Record<string, number>>) => new Map(Object.entries(times))

it('is the longest time from a strike to the end of a job it met', () => {
  const strikes = [
    { at: 1_000, open: ['a'] },
    { at: 60_000, open: ['b', 'c'] },
  ]
  expect(lastJobMs(strikes, over({ a: 3_000, b: 60_500, c: 61_000 }))).toBe(2_000)
})

it('counts a job from the first strike that met it', () => {
  const strikes = [
    { at: 1_000, open: ['a'] },
    { at: 9_000, open: ['a'] },
  ]
  expect(lastJobMs(strikes, over({ a: 9_500 }))).toBe(8_500)
})

it('is not known while one of them is not over', () => {
  expect(lastJobMs([{ at: 0, open: ['a', 'b'] }], over({ a: 1 }))).toBeUndefined()
})

it('is 0 when nobody was met', () => {
  expect(lastJobMs([{ at: 5, open: [] }], over({}))).toBe(0)
})
