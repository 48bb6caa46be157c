import { expect, it } from 'vitest'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aKept } from '../../../fixtures/decisions.ts'
import { aReading } from '../../../fixtures/triggers.ts'

const NOW = 1_700_000_460_000
const clock = { now: () => NOW, monotonic: () => 0 }

it('tells the triggers of all pools as the last look saw them, and how old their values are by now', async () => {
  const { app, auth, deps } = await startAutoscalerApp({ clock })
  const { id: _, ...before } = aKept({ at: NOW - 60_000, triggers: [aReading({ name: 'gone' })] })
  const unknown = aReading({
    ...{ name: 'gpu', value: undefined, ageMs: undefined, wanted: undefined, asks: 0, state: 'unknown' },
    ...{ why: 'gpu is unknown: no data', unknownSince: NOW - 30_000 },
  })
  await deps.decisions.begin(before)
  await deps.decisions.begin({ ...before, at: NOW - 30_000, triggers: [aReading({ ageMs: 1_000 }), unknown] })
  await deps.decisions.begin({ ...before, at: NOW - 30_000, pool: 'papers', triggers: undefined })
  const answer = await app.inject({ url: '/v1/triggers', headers: auth })
  expect(answer.statusCode).toBe(200)
  const lookedAt = new Date(NOW - 30_000).toISOString()
  const shared = { pool: 'checks', query: 'sum(partner_queue_ready)', targetPerNode: 50, lookedAt }
  expect(answer.json()).toEqual({
    triggers: [
      {
        ...{ ...shared, name: 'partner-queue', value: 340, ageSeconds: 31, wanted: 7, asks: 7, state: 'asks' },
        ...{ why: 'partner-queue 340 / 50 a node = 7 nodes', unknownSince: null },
      },
      {
        ...{ ...shared, name: 'gpu', value: null, ageSeconds: null, wanted: null, asks: 0, state: 'unknown' },
        ...{ why: 'gpu is unknown: no data', unknownSince: lookedAt },
      },
    ],
  })
})

it('says of a decision what triggers said then', async () => {
  const { app, auth, deps } = await startAutoscalerApp({ clock })
  const { id: _, ...kept } = aKept({
    at: NOW - 60_000,
    triggers: [aReading()],
    without: { schedule: 8, override: 8, triggers: 5 },
  })
  await deps.decisions.begin(kept)
  const decision = (await app.inject({ url: '/v1/pools/checks/decisions', headers: auth })).json().decisions[0]
  expect(decision).toMatchObject({
    triggers: [{ name: 'partner-queue', value: 340, asks: 7 }],
    without: { triggers: 5 },
  })
  expect(decision.report).toContain('trigger partner-queue 340 / 50 a node = 7 nodes')
  expect(decision.report).toContain('without triggers: 5')
})

it('knows of decisions that were kept before there were triggers', async () => {
  const { app, auth, deps } = await startAutoscalerApp({ clock })
  const { id: _, ...kept } = aKept({ at: NOW - 60_000 })
  await deps.decisions.begin(kept)
  const { triggers, without } = (await app.inject({ url: '/v1/pools/checks/decisions', headers: auth })).json()
    .decisions[0]
  expect([triggers, without.triggers]).toEqual([[], null])
  expect((await app.inject({ url: '/v1/triggers', headers: auth })).json()).toEqual({ triggers: [] })
})
