import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ATTEMPT_DELAYS_MS, nextStep } from '../../../../api/webhooks/schedule.ts'
import type { Called } from '../../../../infra/ports/webhook-sender.ts'

const NOW = Date.parse('2026-11-21T10:00:00Z')
const answered = (status: number, more: { retryAfter?: string; body?: string } = {}): Called => ({
  kind: 'answered',
  status,
  retryAfter: more.retryAfter,
  body: more.body ?? '',
})
const step = (called: Called, attempt = 1, random = 0) => nextStep(called, attempt, random, NOW)

describe('what ends a delivery', () => {
  it.each([200, 201, 202, 204, 299])('delivers with %i', (status) =>
    expect(step(answered(status, { body: 'thanks' }))).toEqual({
      verdict: 'delivered',
      status,
      error: null,
      body: null,
    }),
  )

  it('gives up for good when the receiver is gone', () =>
    expect(step(answered(410))).toMatchObject({ verdict: 'give-up', gone: true, error: 'STATUS_REFUSED' }))

  it.each(['MALFORMED', 'USERINFO_REFUSED', 'SCHEME_REFUSED'] as const)(
    'gives up on an address that is %s',
    (failure) =>
      expect(step({ kind: 'failed', failure })).toEqual({
        verdict: 'give-up',
        status: null,
        error: failure,
        body: null,
      }),
  )

  it('gives up after the last attempt', () => {
    expect(step(answered(500), 9)).toMatchObject({ verdict: 'retry' })
    expect(step(answered(500), 10)).toMatchObject({ verdict: 'give-up', status: 500 })
    expect(step(answered(500), 11)).toMatchObject({ verdict: 'give-up' })
  })
})

describe('what brings a delivery back', () => {
  it.each([301, 302, 307, 308])('takes a redirect (%i) for a failure', (status) =>
    expect(step(answered(status))).toMatchObject({ verdict: 'retry', error: 'REDIRECT_REFUSED' }),
  )

  it.each([100, 400, 401, 404, 409, 500, 503])('takes %i for a failure', (status) =>
    expect(step(answered(status, { body: 'no' }))).toEqual({
      verdict: 'retry',
      retryMs: 5_000,
      status,
      error: 'STATUS_REFUSED',
      body: 'no',
    }),
  )

  it.each([
    'TIMEOUT',
    'NAME_NOT_RESOLVED',
    'NOT_CONNECTED',
    'TLS_FAILED',
    'CONNECTION_LOST',
    'ADDRESS_REFUSED',
  ] as const)('takes %s for a failure', (failure) =>
    expect(step({ kind: 'failed', failure })).toMatchObject({ verdict: 'retry', error: failure, status: null }),
  )

  it('waits longer from attempt to attempt, 75 hours, 35 minutes and 5 seconds in all', () => {
    const waits = ATTEMPT_DELAYS_MS.slice(1).map((_, index) => step(answered(500), index + 1).retryMs ?? 0)
    expect(waits).toEqual(
      [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map((seconds) => seconds * 1000),
    )
    expect(waits.reduce((sum, ms) => sum + ms)).toBe((75 * 3600 + 35 * 60 + 5) * 1000)
  })

  it('spreads those waits by a tenth, never to the short side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const [delayMs = 0, retryMs = 0] = [ATTEMPT_DELAYS_MS[attempt], step(answered(500), attempt, random).retryMs]
        expect(retryMs).toBeGreaterThanOrEqual(delayMs)
        expect(retryMs).toBeLessThanOrEqual(delayMs * 1.1)
      }),
    )
  })
})

describe('receivers that ask for a pause', () => {
  it.each([429, 502, 504])('leaves one alone that answers %i', (status) =>
    expect(step(answered(status))).toMatchObject({ verdict: 'retry', pauseMs: 30_000, retryMs: 30_000 }),
  )

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['86400', 3_600_000],
    ['Sat, 21 Nov 2026 10:02:00 GMT', 120_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['soon', 30_000],
    ['-5', 30_000],
    ['1e9', 30_000],
  ])('understands retry-after: %s', (retryAfter, pauseMs) => {
    expect(step(answered(429, { retryAfter })).pauseMs).toBe(pauseMs)
  })

  it('believes any failure that names a time', () =>
    expect(step(answered(503, { retryAfter: '60' }))).toMatchObject({ pauseMs: 60_000, retryMs: 60_000 }))

  it('never comes back before its own schedule', () =>
    expect(step(answered(429, { retryAfter: '1' }), 3)).toMatchObject({ pauseMs: 1_000, retryMs: 1_800_000 }))

  it('never waits more than an hour because it was told to', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(429, 502, 503, 504, 500), (retryAfter, status) => {
        const { pauseMs = 0 } = step(answered(status, { retryAfter }))
        expect(pauseMs).toBeGreaterThanOrEqual(0)
        expect(pauseMs).toBeLessThanOrEqual(3_600_000)
      }),
    )
  })
})
