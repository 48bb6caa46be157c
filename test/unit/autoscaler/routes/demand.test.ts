import { expect, it } from 'vitest'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'

const NINE = Date.parse('2026-11-21T09:00:00Z')
const MINUTE_MS = 60_000

it('tells what callers wanted, by the minute, in the time that is asked for', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const count = (minute: number) => ({
    pool: 'checks',
    minute: NINE + minute * MINUTE_MS,
    offeredCount: 100 + minute,
    refusedCount: minute,
  })
  await deps.demand.put('api-1', [count(0), count(1), count(3)], NINE)
  const { body } = await ask('GET', '/v1/pools/checks/demand?since=2026-11-21T09:01:00Z&until=2026-11-21T09:04:00Z')
  expect(body.minutes).toEqual([
    { minute: '2026-11-21T09:01:00.000Z', offered: 101, refused: 1 },
    { minute: '2026-11-21T09:03:00.000Z', offered: 103, refused: 3 },
  ])
})

it('looks back three hours unless told', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const now = Date.now()
  const minute = now - (now % MINUTE_MS) - 2 * 60 * MINUTE_MS
  const counts = [minute, minute - 120 * MINUTE_MS].map((one) => ({
    pool: 'checks',
    minute: one,
    offeredCount: 5,
    refusedCount: 0,
  }))
  await deps.demand.put('api-1', counts, now)
  expect((await ask('GET', '/v1/pools/checks/demand')).body.minutes).toHaveLength(1)
})

it.each([
  ['more than a week', 'since=2026-11-01T00:00:00Z&until=2026-11-09T00:00:00Z'],
  ['a time that runs backwards', 'since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z'],
  ['what is no time', 'since=yesterday'],
])('refuses %s', async (_what, query) => {
  const { ask } = await startAutoscalerApp()
  expect(await ask('GET', `/v1/pools/checks/demand?${query}`)).toMatchObject({
    status: 400,
    body: { code: 'INVALID_REQUEST' },
  })
})
