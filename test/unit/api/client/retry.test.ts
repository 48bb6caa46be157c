import { describe, expect, it } from 'vitest'
import { MusterError } from '../../../../api/client/client.ts'
import { isRetryableStatus, retryAfterMs, retryDelayMs } from '../../../../api/client/retry.ts'

const NOW = Date.parse('2026-11-20T09:00:00Z')
const retryable = new MusterError({ code: 'X', message: 'x', retryable: true })
const final = new MusterError({ code: 'X', message: 'x', retryable: false })

describe('retryAfterMs', () => {
  it.each([
    ['2', 2_000],
    [' 0 ', 0],
    ['Fri, 20 Nov 2026 09:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 08:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads %j as %j ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })
})

describe('isRetryableStatus', () => {
  it.each([
    [408, undefined, true],
    [429, undefined, true],
    [500, undefined, true],
    [502, undefined, true],
    [503, true, true],
    [504, undefined, true],
    [500, false, false],
    [429, false, false],
    [409, undefined, false],
    [409, true, true],
    [400, undefined, false],
    [400, true, false],
    [401, undefined, false],
    [404, true, false],
    [422, undefined, false],
  ])('answers for status %i with retryable %j: %j', (status, said, expected) => {
    expect(isRetryableStatus(status, said)).toBe(expected)
  })
})

describe('retryDelayMs', () => {
  it.each([
    [1, 500],
    [2, 1_000],
    [3, 2_000],
    [5, 8_000],
    [9, 8_000],
  ])('grows to 8 s: after attempt %i it is %i ms', (attempt, ms) => {
    expect(retryDelayMs(retryable, attempt, undefined, 0)).toBe(ms)
  })

  it('takes off up to a quarter at random', () => {
    expect(retryDelayMs(retryable, 1, undefined, 1)).toBe(375)
  })

  it('obeys what the service asks for, up to a minute', () => {
    expect(retryDelayMs(retryable, 1, 60_000, 0.5)).toBe(60_000)
    expect(retryDelayMs(retryable, 1, 0, 0.5)).toBe(0)
    expect(retryDelayMs(retryable, 1, 60_001, 0.5)).toBeUndefined()
  })

  it('is undefined for an error that will not go away', () => {
    expect(retryDelayMs(final, 1, 1_000, 0)).toBeUndefined()
  })
})
