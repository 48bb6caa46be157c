import { expect, it } from 'vitest'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aKept, aMeasurement } from '../../../fixtures/decisions.ts'
import { aWindow } from '../../../fixtures/overrides.ts'

const MINUTE_MS = 60_000

const looked = (now: number) => aKept({ at: now - 10_000, nextAt: now + 20_000, doubts: ['the broker was restarted'] })

it('lists every pool, also one that nobody has looked at yet', async () => {
  const { ask } = await startAutoscalerApp()
  const { status, body } = await ask('GET', '/v1/pools')
  expect(status).toBe(200)
  expect(body.pools).toHaveLength(2)
  expect(body.pools[1]).toEqual({
    name: 'papers',
    mode: 'forecast-only',
    bounds: { min: 0, max: 4 },
    zones: null,
    count: { asked: null, placed: null, running: null, ready: null },
    headline: null,
    lookedAt: null,
    stale: true,
    doubts: [],
    override: null,
    schedule: { floor: null, ceiling: null, windows: [] },
  })
})

it('tells what the last look saw, what it doubted, and its headline', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const now = Date.now()
  const measurement = aMeasurement({ running: undefined })
  await deps.decisions.begin({ ...looked(now), measurement, bounds: { min: 2, max: 30 } })
  const { body } = await ask('GET', '/v1/pools')
  expect(body.pools[0]).toMatchObject({
    bounds: { min: 2, max: 30 },
    count: { asked: 5, placed: 5, running: null, ready: 5 },
    headline: 'checks: 5 -> 8 nodes',
    lookedAt: new Date(now - 10_000).toISOString(),
    stale: false,
    doubts: ['the broker was restarted'],
  })
})

it('tells that nobody decides when the next look is overdue', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const now = Date.now()
  await deps.decisions.begin(aKept({ at: now - 5 * MINUTE_MS, nextAt: now - 4 * MINUTE_MS }))
  expect((await ask('GET', '/v1/pools')).body.pools[0].stale).toBe(true)
})

it('tells what people say of it now, whatever the last look knew', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
  await deps.scheduleStore.put(aWindow({ name: 'always', days, start: '00:00', end: '00:00', count: 7 }), 'ada')
  await ask('POST', '/v1/pools/checks/overrides', { command: 'ceiling checks 9 for 1h because of the budget' })
  const { body } = await ask('GET', '/v1/pools/checks')
  expect(body.override).toMatchObject({ kind: 'ceiling', count: 9, state: 'holds', reason: 'of the budget' })
  expect(body.schedule).toEqual({ floor: 7, ceiling: null, windows: ['always'] })
})

it('shows one pool with its whole last decision', async () => {
  const { ask, deps } = await startAutoscalerApp()
  await deps.decisions.begin(looked(Date.now()))
  const { body } = await ask('GET', '/v1/pools/checks')
  expect(body).toMatchObject({ name: 'checks', decision: { from: 5, to: 8, outcome: 'applied' } })
  expect(body.decision.report[0]).toBe(body.headline)
  expect((await ask('GET', '/v1/pools/papers')).body.decision).toBeNull()
})

it('knows no pool that is not configured', async () => {
  const { ask } = await startAutoscalerApp()
  for (const path of ['', '/decisions', '/decisions/at?time=2026-11-21T09:00:00Z', '/demand', '/overrides']) {
    const { status, body } = await ask('GET', `/v1/pools/nothing${path}`)
    expect([path, status, body.code]).toEqual([path, 404, 'POOL_NOT_FOUND'])
  }
})
