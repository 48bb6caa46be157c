import fc from 'fast-check'
import { expect, it } from 'vitest'
import { thresholdSetOf } from '../../../../worker/inference/threshold-set.ts'

const thresholds = fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.oneof(fc.double(), fc.boolean())))

it('names the same numbers alike, in whatever order they are told', () => {
  const inOrder = { b: { y: 2, x: 1 }, a: { z: true } }
  const other = { a: { z: true }, b: { x: 1, y: 2 } }
  const { digest } = thresholdSetOf('liveness', inOrder)
  expect(digest).toMatch(/^sha256:[0-9a-f]{16}$/)
  expect(thresholdSetOf('liveness', other).digest).toBe(digest)
})

it('names other numbers, another place or another task otherwise', () => {
  const names = [
    thresholdSetOf('liveness', { a: { x: 1 } }),
    thresholdSetOf('liveness', { a: { x: 2 } }),
    thresholdSetOf('liveness', { a: { y: 1 } }),
    thresholdSetOf('liveness', { b: { x: 1 } }),
    thresholdSetOf('ocr', { a: { x: 1 } }),
    thresholdSetOf('liveness', { a: { x: true } }),
  ].map(({ digest }) => digest)
  expect(new Set(names).size).toBe(names.length)
})

it('does not change with the order of any thresholds', () => {
  fc.assert(
    fc.property(thresholds, (some) => {
      const turned = Object.fromEntries(
        Object.entries(some)
          .toReversed()
          .map(([group, all]) => [group, Object.fromEntries(Object.entries(all).toReversed())]),
      )
      expect(thresholdSetOf('ocr', turned).digest).toBe(thresholdSetOf('ocr', some).digest)
    }),
  )
})
