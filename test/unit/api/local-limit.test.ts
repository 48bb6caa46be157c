import { expect, it } from 'vitest'
import { createLoadMeter } from '../../../api/load-meter.ts'
import { createLocalLimit } from '../../../api/local-limit.ts'
import { anAdmitRequest } from '../../fixtures/offers.ts'

const start = (readyCount = 0) => {
  let now = 1_000
  const clock = { now: () => now, monotonic: () => now }
  const meter = createLoadMeter({ depth: async () => ({ readyCount, consumerCount: 1 }) }, clock, 60_000)
  const pass = (ms: number): void => {
    now += ms
  }
  return { local: createLocalLimit({ meter, clock }, 10), pass }
}

it('holds a tenant to its rate, and no other for it', () => {
  const { local, pass } = start()
  const ask = (tenant = 'acme') =>
    local.admit(anAdmitRequest({ tenant, settings: { ratePerSecond: 1, burstCount: 2 } }))
  expect([ask().kind, ask().kind, ask('other').kind]).toEqual(['accept', 'accept', 'accept'])
  expect(ask()).toMatchObject({ kind: 'refuse', reason: 'rate', retryAfterMs: 1_000, quota: { remainingCount: 0 } })
  pass(1_000)
  expect(ask().kind).toBe('accept')
})

it('holds a tenant to its jobs in flight, as far as this process knows of them', () => {
  const { local } = start()
  const ask = () => local.admit(anAdmitRequest({ settings: { maxInFlightCount: 1 } }))
  local.submitted('a', 'acme', 'pool')
  expect(ask()).toMatchObject({ kind: 'refuse', reason: 'in-flight' })
  local.completed({ id: 'a', state: 'running' })
  expect(ask().kind).toBe('refuse')
  local.completed({ id: 'a', state: 'succeeded' })
  expect(ask()).toMatchObject({ kind: 'accept', quota: { inFlightCount: 1 } })
})

it('refuses at the bound of the broker', async () => {
  const { local } = start(10)
  local.admit(anAdmitRequest())
  await Promise.resolve()
  expect(local.admit(anAdmitRequest())).toMatchObject({ kind: 'refuse', reason: 'wait', retryAfterMs: 60_000 })
})
