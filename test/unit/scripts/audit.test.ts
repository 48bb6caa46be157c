import { expect, it } from 'vitest'
import { parseAnchors, parseSince, verifyTrail } from '../../../scripts/audit.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'

const HASH = 'a'.repeat(64)

it('reads heads with and without their numbers', () => {
  expect(parseAnchors(`${HASH}\n\n7 ${HASH}\n`)).toEqual([
    { seq: 0, hash: HASH },
    { seq: 7, hash: HASH },
  ])
})

it.each(['', 'x', `x ${HASH}`, `-1 ${HASH}`, HASH.slice(1)])('refuses %j as a head', (text) => {
  expect(() => parseAnchors(text)).toThrow(/head/)
})

it('reads periods back from now, and instants', () => {
  expect(parseSince('1h', 3_600_001)).toBe(1)
  expect(parseSince('1970-01-01T00:00:01Z', 0)).toBe(1000)
  expect(() => parseSince('soon', 0)).toThrow(/--since/)
})

it('verifies a trail page by page up to the head it saw first', async () => {
  const trail = createMemoryAuditLog()
  for (let count = 0; count < 5_003; count += 1)
    await trail.record({ actor: 'k', channel: 'cli', action: 'a', tenant: null, target: String(count) })
  expect(await verifyTrail(trail, [])).toEqual({ last: await trail.head(), faults: [] })
  const [lost, ...rest] = await trail.after(0, 10_000)
  trail.after = async (seq, limit) => rest.filter((entry) => entry.seq > seq).slice(0, limit)
  expect((await verifyTrail(trail, [])).faults).toEqual([{ seq: lost?.seq, fault: 'missing' }])
})
