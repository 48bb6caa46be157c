import { describe, expect, it } from 'vitest'
import { ailmentOf, countedMs } from '../../../../worker/node/health.ts'

const limits = { startTimeoutMs: 60_000, heartbeatTimeoutMs: 10_000 }

describe('a worker', () => {
  it.each([
    ['is fine while it starts, however silent', { ready: false, ageMs: 60_000, silentMs: 60_000 }, undefined],
    ['took too long to start', { ready: false, ageMs: 60_001, silentMs: 0 }, 'start-timeout'],
    ['is fine while its heartbeats come', { ready: true, ageMs: 900_000, silentMs: 10_000 }, undefined],
    ['is silent for too long', { ready: true, ageMs: 900_000, silentMs: 10_001 }, 'heartbeat-timeout'],
  ])('that %s', (_what, vitals, ailment) => {
    expect(ailmentOf(vitals, limits)).toBe(ailment)
  })
})

describe('the time that counts against workers', () => {
  it.each([
    ['is what has passed', 510, 510],
    ['is at most two intervals when the node itself was held up', 3_600_000, 1_000],
  ])('%s', (_what, passedMs, ms) => {
    expect(countedMs(passedMs, 500)).toBe(ms)
  })
})
