import { expect, it } from 'vitest'
import { slowestJob } from '../../chaos/strikes.ts'

const over = (times: Readonly<Record<string, number>>) => new Map(Object.entries(times))

it('is the longest time from a strike to the end of a job it met', () => {
  const strikes = [
    { at: 1_000, open: ['a'], what: 'one' },
    { at: 60_000, open: ['b', 'c'], what: 'other' },
  ]
  const times = over({ a: 3_000, b: 60_500, c: 61_000 })
  expect(slowestJob(strikes, times)).toEqual({ ms: 2_000, after: 'one' })
})

it('counts a job from the first strike that met it', () => {
  const strikes = [
    { at: 1_000, open: ['a'] },
    { at: 9_000, open: ['a'] },
  ]
  expect(slowestJob(strikes, over({ a: 9_500 }))).toEqual({ ms: 8_500, after: undefined })
})

it('is not known while one of them is not over', () => {
  expect(slowestJob([{ at: 0, open: ['a', 'b'] }], over({ a: 1 }))).toBeUndefined()
})

it('is 0 when nobody was met', () => {
  expect(slowestJob([{ at: 5, open: [] }], over({}))).toEqual({ ms: 0, after: undefined })
})
