import { expect, it } from 'vitest'
import { goodput, recoveryMs } from '../../chaos/goodput.ts'

const every = (ms: number, from: number, to: number): readonly number[] =>
  Array.from({ length: Math.ceil((to - from) / ms) }, (_, index) => from + index * ms)

it('is finished jobs per second of the time looked at', () => {
  expect(goodput(every(100, 0, 2_000), 500, 1_500)).toBe(10)
  expect(goodput([], 0, 1_000)).toBe(0)
  expect(goodput([5], 10, 10)).toBe(0)
})

it('is back when a window holds four fifths of what there was before', () => {
  const finishedAt = [...every(100, 0, 1_000), ...every(100, 4_000, 10_000)]
  const backMs = recoveryMs(finishedAt, 10, 1_000, 10_000)
  expect(backMs).toBeGreaterThan(2_500)
  expect(backMs).toBeLessThanOrEqual(3_000)
})

it('is not back while too little is done', () => {
  expect(recoveryMs(every(500, 0, 10_000), 10, 0, 10_000)).toBeUndefined()
})
