import { expect, it } from 'vitest'
import { parseMoment } from '../../../scripts/webhooks.ts'

const NOW = Date.parse('2026-11-21T10:00:00Z')

it.each([
  ['24h', '2026-11-20T10:00:00Z'],
  ['3d', '2026-11-18T10:00:00Z'],
  ['2026-11-20', '2026-11-20T00:00:00Z'],
  ['2026-11-20T09:30Z', '2026-11-20T09:30:00Z'],
  ['2026-11-20T09:30:15.5+02:00', '2026-11-20T07:30:15.500Z'],
])('understands %s', (text, instant) => expect(parseMoment(text, NOW)).toBe(Date.parse(instant)))

it.each(['', 'yesterday', '24', '2026-11-20T09:30', '2026-13-40', '-3d'])('refuses %j', (text) => {
  expect(() => parseMoment(text, NOW)).toThrow(expect.objectContaining({ code: 'USAGE' }))
})
