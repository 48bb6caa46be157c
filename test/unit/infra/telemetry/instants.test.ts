import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createInstants } from '../../../../infra/telemetry/instants.ts'

it('keeps the order and the distance of instants while the wall clock only rounds', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2 }), (steps) => {
      let monotonic = 0
      const epochOf = createInstants(
        () => Math.floor(1_700_000_000_000 + monotonic),
        () => monotonic,
      )
      const first = epochOf(0)
      for (const step of steps) {
        monotonic += step
        expect(epochOf(monotonic) - first).toBeCloseTo(monotonic, 2)
      }
    }),
  )
})

it('follows a wall clock that was set', () => {
  let now = 1_000_000
  const epochOf = createInstants(
    () => now,
    () => 0,
  )
  now += 60_000
  expect(epochOf(0)).toBe(1_060_000)
})
