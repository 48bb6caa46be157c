import { expect, it } from 'vitest'
import { planInWords, planOf } from '../../../../autoscaler/plan.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'

const NINE = Date.parse('2026-11-21T09:00:00Z')
const MINUTE_MS = 60_000

it('tells the last plan in members and in the words people heard', async () => {
  const { ask, deps } = await startAutoscalerApp()
  expect(await ask('GET', '/v1/pools/checks/plan')).toMatchObject({ status: 404, body: { code: 'PLAN_NOT_FOUND' } })
  const minutes = Array.from({ length: 30 }, (_, index) => ({
    minute: NINE - (30 - index) * MINUTE_MS,
    offeredCount: 600 + 60 * index,
    refusedCount: 0,
  }))
  const bounds = { min: 1, max: 40 }
  const plan = planOf({ pool: 'checks', at: NINE, minutes, capacity: 10, bounds, last: undefined, windows: [] })
  await deps.plans.put(plan)
  const { body } = await ask('GET', '/v1/pools/checks/plan')
  expect(body).toMatchObject({ pool: 'checks', at: '2026-11-21T09:00:00.000Z', count: 0, hours: [], windows: [] })
  expect(body.trend).toEqual(plan.trend)
  expect(body.report).toEqual(planInWords(plan))
})
