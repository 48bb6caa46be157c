import { beforeEach, expect, it } from 'vitest'
import { createReckonCost } from '../../../../autoscaler/fleet-cost.ts'
import type { PriceFile } from '../../../../infra/cost/price-file.ts'
import { MemoryDecisionStore } from '../../../fakes/decision-store.ts'
import { createMemoryNodeHourStore } from '../../../fakes/node-hour-store.ts'
import { createMemoryUsageStore } from '../../../fakes/usage-store.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aKept, aMeasurement } from '../../../fixtures/decisions.ts'

const HOUR_MS = 3_600_000
const prices: PriceFile = {
  currency: 'EUR',
  nodeClasses: { gpu: { onDemand: 2 } },
  pools: { checks: { nodeClass: 'gpu' }, papers: { nodeClass: 'gpu' } },
}
const pools = ['checks', 'papers']
const thisHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
const lastHour = thisHour - HOUR_MS

let deps: Parameters<typeof createReckonCost>[0] & { readonly decisions: MemoryDecisionStore }
beforeEach(async () => {
  const [nodeHours, usage] = [createMemoryNodeHourStore(), createMemoryUsageStore(() => lastHour)]
  deps = { decisions: new MemoryDecisionStore(), nodeHours, usage }
  const hour = {
    hour: lastHour,
    zone: '',
    nodeMs: 4 * HOUR_MS,
    observedMs: HOUR_MS,
    poolPeakCount: 5,
    workersPerNode: 1,
  }
  await nodeHours.keep([
    { ...hour, pool: 'checks' },
    { ...hour, pool: 'a pool of before' },
  ])
  const share = { tenant: 'acme', task: 'ocr', model: 'm@1', runCount: 1_000, busyMs: HOUR_MS }
  await usage.tell({ source: 's', number: 1, pool: 'checks', presentMs: 4 * HOUR_MS, shares: [share] })
})
const since = `?since=${new Date(lastHour).toISOString()}`

it('tells node time, what of it was used, and money at the configured prices', async () => {
  const { ask } = await startAutoscalerApp({ reckonCost: createReckonCost(deps, pools, prices) })
  const { status, body } = await ask('GET', `/v1/cost${since}`)
  expect(status).toBe(200)
  expect(body).toMatchObject({ currency: 'EUR', nodeHours: 4, runCount: 1_000, cost: 8, perThousand: 8 })
  expect(body.pools).toEqual([
    {
      ...{ pool: 'checks', nodeHours: 4, runCount: 1_000, cost: 8, perThousand: 8, staticCost: 10 },
      ...{ usedRatio: 0.25, idleRatio: 0.75, peakCount: 5, observedHours: 1 },
    },
  ])
})

it('tells node time without money where nobody said what a node costs', async () => {
  const { ask } = await startAutoscalerApp({ reckonCost: createReckonCost(deps, pools) })
  const { body } = await ask('GET', `/v1/cost${since}`)
  expect(body).toMatchObject({ currency: null, nodeHours: 4, cost: null, perThousand: null, staticCost: null })
  expect(body.pools[0]).toMatchObject({ nodeHours: 4, usedRatio: 0.25, cost: null })
})

it('reckons with the hour that is not over, as far as it was looked at', async () => {
  const { ask } = await startAutoscalerApp({ reckonCost: createReckonCost(deps, pools, prices) })
  const measurement = aMeasurement({ pool: 'papers', placed: { value: 2, ageMs: 0 } })
  await deps.decisions.begin(aKept({ pool: 'papers', at: Date.now() - 60_000, measurement }))
  const { body } = await ask('GET', `/v1/cost${since}`)
  const papers = body.pools.find(({ pool }: { pool: string }) => pool === 'papers')
  expect(papers.nodeHours).toBeGreaterThan(0)
  expect(papers.cost).toBeCloseTo(papers.nodeHours * 2)
})

it.each(['?since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z', '?since=3000-01-01T00:00:00Z', '?until=x'])(
  'refuses %s',
  async (query) => {
    const { ask } = await startAutoscalerApp({ reckonCost: createReckonCost(deps, pools) })
    expect((await ask('GET', `/v1/cost${query}`)).body.code).toBe('INVALID_REQUEST')
  },
)

it('knows nothing of days to come', async () => {
  const { ask } = await startAutoscalerApp({ reckonCost: createReckonCost(deps, pools) })
  const { status, body } = await ask('GET', '/v1/cost?since=2999-12-31T00:00:00Z&until=3000-01-01T00:00:00Z')
  expect([status, body.pools]).toEqual([200, []])
})
