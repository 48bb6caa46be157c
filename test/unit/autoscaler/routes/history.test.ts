import { expect, it } from 'vitest'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aKept, aMeasurement } from '../../../fixtures/decisions.ts'

const MINUTE_MS = 60_000
const iso = (at: number): string => new Date(at).toISOString()
const url = (more = '') => `/v1/pools/checks/history${more}`

it('shows looks as a chart draws them, oldest first, with unknown told from nothing', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const now = Date.now()
  const measurement = aMeasurement({ oldestMs: { value: 2_500, ageMs: 10 }, waiting: undefined })
  const begun = await deps.decisions.begin(aKept({ at: now - 2 * MINUTE_MS, measurement }))
  await deps.decisions.begin(
    aKept({ at: now - MINUTE_MS, from: 8, to: 8, outcome: 'none', forecast: undefined, steps: [] }),
  )
  const { status, body } = await ask('GET', url())
  expect(status).toBe(200)
  expect(body.points).toHaveLength(2)
  expect(body.points[0]).toEqual({
    at: iso(now - 2 * MINUTE_MS),
    decisionId: begun.kind === 'begun' && begun.id,
    outcome: 'applied',
    ...{ from: 5, to: 8, changed: true, reason: 'blend' },
    ...{ asked: 5, placed: 5, running: 5, ready: 5, waiting: null, ageSeconds: 2.5, rate: 30, capacityPerNode: 10 },
    forecast: { expected: 60, low: 45, high: 75, for: iso(now + 2 * MINUTE_MS) },
    bounds: { min: 1, max: 40 },
  })
  expect(body.points[1]).toMatchObject({ changed: false, reason: null, ageSeconds: null, forecast: null, waiting: 0 })
})

it('shows the stretch that is asked for, of the pool that is asked about', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const now = Date.now()
  for (const minutes of [10, 200, 400]) await deps.decisions.begin(aKept({ at: now - minutes * MINUTE_MS }))
  await deps.decisions.begin(aKept({ pool: 'papers', at: now - MINUTE_MS }))
  const shown = async (query: string) => (await ask('GET', url(query))).body.points.length
  expect(await shown('')).toBe(1)
  expect(await shown(`?since=${iso(now - 300 * MINUTE_MS)}`)).toBe(2)
  expect(await shown(`?since=${iso(now - 500 * MINUTE_MS)}&until=${iso(now - 100 * MINUTE_MS)}`)).toBe(2)
})

it('draws a busy week in 1500 points', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const now = Date.now()
  for (let look = 0; look < 4_000; look += 1)
    deps.decisions.decisions.push(
      aKept({ id: `d${look}`, at: now - 400_000_000 + look * 100_000, to: look % 100 ? 5 : 8 }),
    )
  const { body } = await ask('GET', url(`?since=${iso(now - 6 * 86_400_000)}`))
  expect(body.points.length).toBeLessThanOrEqual(1_500)
  expect(body.points.length).toBeGreaterThan(1_000)
  expect(body.points.filter(({ changed }: { changed: boolean }) => changed)).toHaveLength(40)
})

it.each(['?since=2026-11-01T00:00:00Z&until=2026-11-21T00:00:00Z', '?since=2100-01-01T00:00:00Z', '?since=yesterday'])(
  'refuses %s',
  async (query) => {
    const { ask } = await startAutoscalerApp()
    const { status, body } = await ask('GET', url(query))
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST'])
  },
)

it('knows no pool that is not configured', async () => {
  const { ask } = await startAutoscalerApp()
  expect((await ask('GET', '/v1/pools/nothing/history')).body.code).toBe('POOL_NOT_FOUND')
})
