import { expect, it } from 'vitest'
import { judgeDisk, judgeTimeouts } from '../../../../infra/doctor/judge-settings.ts'

const IN_ORDER = {
  keepAliveMs: 72_000,
  apiGraceMs: 25_000,
  workerGraceMs: 25_000,
  nodeGraceMs: 30_000,
  jobTimeoutMs: 20_000,
  leaseMs: 30_000,
}

it('finds the defaults in order, and tells the time to kill after', () => {
  expect(judgeTimeouts(IN_ORDER)).toMatchObject([{ state: 'ok', detail: expect.stringContaining('30 s') }])
})

it.each([
  [{ keepAliveMs: 60_000 }, 'API_KEEP_ALIVE_MS'],
  [{ jobTimeoutMs: 30_000 }, 'WORKER_LEASE_MS'],
  [{ workerGraceMs: 20_000 }, 'WORKER_GRACE_MS'],
  [{ nodeGraceMs: 25_000 }, 'NODE_GRACE_MS'],
  [{ leaseMs: 1_800_000 }, 'consumer timeout'],
])('finds %j', (change, named) => {
  const found = judgeTimeouts({ ...IN_ORDER, ...change })
  expect(found.map(({ state }) => state)).not.toContain('ok')
  expect(found.map(({ detail }) => detail).join()).toContain(named)
})

it.each([
  [0.5e9, 1e9, 'problem'],
  [5e9, 100e9, 'warning'],
  [50e9, 100e9, 'ok'],
])('judges %d of %d bytes free', (free, total, state) => {
  expect(judgeDisk(free, total).state).toBe(state)
})
