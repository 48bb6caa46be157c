import { expect, it } from 'vitest'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'

it('tells the newest measurement of each pool', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const measured = {
    pool: 'checks',
    models: 'face@1',
    device: 'cuda',
    workersPerNode: 4,
    checksPerSecond: 9.5,
    p95Ms: 2_100,
    sloMs: 3_000,
  }
  await deps.capacities.save({ ...measured, checksPerSecond: 4 })
  await deps.capacities.save(measured)
  const { body } = await ask('GET', '/v1/capacity')
  expect(body.capacities).toEqual([{ ...measured, measuredAt: expect.stringMatching(/Z$/) }])
})
