import { expect, it } from 'vitest'
import { createServiceRate } from '../../../worker/service-rate.ts'

it('knows nothing before anything has run', () => {
  expect(createServiceRate(1).perSecond()).toBe(0)
})

it('tells what the model could do without a pause, for every batch that runs beside another', () => {
  const rate = createServiceRate(2)
  for (let batch = 0; batch < 10; batch += 1) rate.ran(4, 100)
  expect(rate.perSecond()).toBeCloseTo(80)
})

it('follows a model that became slower', () => {
  const rate = createServiceRate(1)
  for (let batch = 0; batch < 100; batch += 1) rate.ran(4, 100)
  for (let batch = 0; batch < 200; batch += 1) rate.ran(4, 200)
  expect(rate.perSecond()).toBeGreaterThan(19.9)
  expect(rate.perSecond()).toBeLessThan(20.5)
})
