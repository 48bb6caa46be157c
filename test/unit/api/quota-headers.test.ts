import { expect, it } from 'vitest'
import { quotaHeaders } from '../../../api/quota-headers.ts'

const SETTINGS = { ratePerSecond: 50, burstCount: 100, maxInFlightCount: 500 }

it('says what the limits are and what is left of them, as structured fields', () => {
  expect(quotaHeaders(SETTINGS, { remainingCount: 98, untilFullMs: 1_040, inFlightCount: 3 })).toEqual({
    'ratelimit-policy': '"rate";q=100;w=2, "in-flight";q=500;qu="concurrent-requests"',
    ratelimit: '"rate";r=98;t=2, "in-flight";r=497',
  })
})

it('never counts below nothing, and never in parts of a second', () => {
  const { ratelimit } = quotaHeaders(SETTINGS, { remainingCount: 0, untilFullMs: 0, inFlightCount: 501 })
  expect(ratelimit).toBe('"rate";r=0;t=1, "in-flight";r=0')
})
