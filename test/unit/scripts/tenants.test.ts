import { expect, it } from 'vitest'
import { formatPeriod, parsePeriod } from '../../../scripts/period.ts'
import { parseSettings } from '../../../scripts/tenants.ts'

it('reads settings as people type them', () => {
  const typed = { weight: '2.5', maxInFlight: '100', rate: '0.5', burst: '7', pictureTtl: '24h', resultTtl: '30d' }
  expect(parseSettings(typed)).toEqual({
    weight: 2.5,
    maxInFlightCount: 100,
    ratePerSecond: 0.5,
    burstCount: 7,
    pictureTtlMs: 86_400_000,
    resultTtlMs: 30 * 86_400_000,
  })
})

it('leaves alone what is not named, and goes back to a default', () => {
  expect(parseSettings({ weight: 'default' })).toEqual({ weight: null })
})

it.each([
  [{}, '--weight, --max-in-flight'],
  [{ weight: '0' }, '--weight'],
  [{ weight: '-1' }, '--weight'],
  [{ weight: '1e9' }, '--weight'],
  [{ maxInFlight: '0' }, '--max-in-flight'],
  [{ maxInFlight: '1.5' }, '--max-in-flight'],
  [{ rate: 'many' }, '--rate'],
  [{ burst: '' }, '--burst'],
  [{ pictureTtl: '24' }, '--picture-ttl'],
  [{ resultTtl: 'forever' }, '--result-ttl'],
])('refuses %j', (options, flag) => {
  expect(() => parseSettings(options)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(flag) }),
  )
})

it.each([
  ['30d', 30 * 86_400_000],
  ['24h', 86_400_000],
  ['15m', 900_000],
  ['0h', 0],
])('takes %s for a period', (text, ms) => {
  expect(parsePeriod(text)).toBe(ms)
})

it.each(['', '1', 'h', '1.5h', '-1d', '1w', '999999d'])('takes no %j for one', (text) => {
  expect(parsePeriod(text)).toBeUndefined()
})

it.each([
  [30 * 86_400_000, '30d'],
  [90_000_000, '25h'],
  [900_000, '15m'],
  [1_500, '1500 ms'],
])('writes %i ms as %s', (ms, text) => {
  expect(formatPeriod(ms)).toBe(text)
})
