import { expect, it } from 'vitest'
import { createKey, parseExpiry } from '../../../scripts/keys.ts'

const NOW = Date.UTC(2026, 10, 20, 12)

it.each([
  ['90d', NOW + 90 * 86_400_000],
  ['12h', NOW + 12 * 3_600_000],
  ['2027-01-31', Date.UTC(2027, 0, 31)],
  ['2027-01-31T09:30Z', Date.UTC(2027, 0, 31, 9, 30)],
  ['2027-01-31T09:30:15+02:00', Date.UTC(2027, 0, 31, 7, 30, 15)],
])('takes %s for an expiry', (text, expected) => {
  expect(parseExpiry(text, NOW)).toBe(expected)
})

it.each(['', 'soon', '0d', '90', '-1d', '2027-13-01', '2027-01-31T09:30', '2026-11-19'])('refuses %j', (text) => {
  expect(() => parseExpiry(text, NOW)).toThrow(expect.objectContaining({ code: 'USAGE' }))
})

it.each([
  ['', 'name'],
  ['a/b', 'name'],
  ['..', 'name'],
  ['x'.repeat(64), 'name'],
  ['acme', ''],
  ['acme', 'x'.repeat(101)],
])('makes no key for tenant %j named %j', async (tenant, name) => {
  await expect(createKey('postgres://127.0.0.1:1/none', { tenant, name })).rejects.toMatchObject({ code: 'USAGE' })
})
