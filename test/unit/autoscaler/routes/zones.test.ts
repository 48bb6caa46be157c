import { expect, it } from 'vitest'
import type { ZoneShare } from '../../../../infra/domain/zones.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aKept } from '../../../fixtures/decisions.ts'

const AT = Date.parse('2026-11-21T09:00:00Z')
const counts = { tries: 1, ran: 3, base: 3, before: 5, after: 3, placed: 3, running: 3, elsewhere: 2 }
const short: ZoneShare = { ...counts, zone: 'b', condition: 'short', since: AT, retryAt: AT + 600_000 }
const well: ZoneShare = { ...counts, zone: 'a', condition: 'well', after: 7, ready: 4, elsewhere: 0 }

it('shows how the nodes of a pool are spread, and what is the matter with a zone', async () => {
  const { ask, deps } = await startAutoscalerApp()
  await deps.decisions.begin(aKept({ at: AT, zones: { wantedBefore: 10, wanted: 10, shares: [well, short] } }))
  const { status, body } = await ask('GET', '/v1/pools/checks')
  expect(status).toBe(200)
  const seen = { before: 5, placed: 3, running: 3 }
  const zones = [
    { ...seen, zone: 'a', condition: 'well', asked: 7, ready: 4, elsewhere: 0, since: null, retryAt: null },
    {
      ...{ ...seen, zone: 'b', condition: 'short', asked: 3, ready: null, elsewhere: 2 },
      ...{ since: '2026-11-21T09:00:00.000Z', retryAt: '2026-11-21T09:10:00.000Z' },
    },
  ]
  expect(body.zones).toEqual(zones)
  expect(body.decision.zones).toEqual({
    ...{ wantedBefore: 10, wanted: 10, shares: zones },
    troubles: ['b has no node left since 09:00: 2 of its nodes asked for in a; tried again at 09:10'],
  })
  expect(body.decision.report).toContain('zones: a 5 -> 7 (3 running, 4 ready), b 5 -> 3')
})

it('says that a fleet has no zones', async () => {
  const { ask, deps } = await startAutoscalerApp()
  await deps.decisions.begin(aKept({ at: AT }))
  const { body } = await ask('GET', '/v1/pools/checks')
  expect([body.zones, body.decision.zones]).toEqual([null, null])
})
