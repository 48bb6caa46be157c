import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  highestOf,
  joinLines,
  type Line,
  presentOf,
  sampleTimes,
  valueAt,
  withBreaks,
} from '../../../../../../autoscaler/console/page/charts/time-table.ts'

const MINUTE = 60_000
const aLine = fc
  .uniqueArray(fc.tuple(fc.nat(500), fc.option(fc.nat(100))), { selector: ([at]) => at })
  .map((points): Line => {
    const sorted = points.toSorted(([a], [b]) => a - b)
    return { times: sorted.map(([at]) => at * MINUTE), values: sorted.map(([, seen]) => seen) }
  })

it('puts lines on one axis and changes none of them', () => {
  fc.assert(
    fc.property(fc.array(aLine, { minLength: 1, maxLength: 4 }), (lines) => {
      const { times, columns } = joinLines(lines)
      expect(times).toEqual([...new Set(lines.flatMap((line) => line.times))].sort((a, b) => a - b))
      for (const [index, line] of lines.entries()) {
        const own = times.flatMap((at, row) =>
          columns[index]?.[row] === undefined ? [] : [[at, columns[index]?.[row]]],
        )
        expect(own).toEqual(line.times.map((at, row) => [at, line.values[row]]))
      }
    }),
  )
})

it('takes a value for the present one for ten minutes, and for as long as a line has no break', () => {
  const every = (stepMs: number): Line => ({ times: [0, 1, 2].map((at) => at * stepMs), values: [1, 2, 3] })
  expect(presentOf(every(MINUTE), 12 * MINUTE)).toBe(3)
  expect(presentOf(every(MINUTE), 13 * MINUTE)).toBeNull()
  expect(presentOf(every(10 * MINUTE), 60 * MINUTE)).toBe(3)
  expect(presentOf(every(10 * MINUTE), 61 * MINUTE)).toBeNull()
  expect(presentOf({ times: [0, MINUTE, 2 * MINUTE], values: [1, null, 3] }, MINUTE)).toBe(1)
  expect(presentOf({ times: [], values: [] }, 0)).toBeNull()
})

it('says that nothing is known in a hole, and adds nothing where there is none', () => {
  const even: Line = { times: [0, 1, 2, 3].map((at) => at * MINUTE), values: [1, 2, 3, 4] }
  expect(withBreaks(even)).toEqual(even)
  const broken = withBreaks({ times: [...even.times, 30 * MINUTE], values: [...even.values, 5] })
  expect(broken.values).toEqual([1, 2, 3, 4, null, 5])
  fc.assert(
    fc.property(aLine, (line) => {
      const { times, values } = withBreaks(line)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(values.filter((seen) => seen !== null)).toEqual(line.values.filter((seen) => seen !== null))
    }),
  )
})

it('knows the last value by an instant', () => {
  fc.assert(
    fc.property(aLine, fc.nat(600), (line, minute) => {
      const at = minute * MINUTE
      const index = line.times.findLastIndex((one) => one <= at)
      expect(valueAt(line, at)).toBe(index < 0 ? null : line.values[index])
    }),
  )
})

it('finds the highest of what is known', () => {
  expect(highestOf({ times: [1, 2, 3], values: [4, null, 9] })).toEqual({ at: 3, value: 9 })
  expect(highestOf({ times: [1], values: [null] })).toBeUndefined()
})

it('has no more rows than can be read, at even distances', () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: MINUTE, max: 8 * 24 * 60 * MINUTE }), (from, length) => {
      const times = sampleTimes(from, from + length, 40)
      expect(times.length).toBeLessThanOrEqual(41)
      for (const at of times) expect(at >= from && at <= from + length).toBe(true)
    }),
  )
})
