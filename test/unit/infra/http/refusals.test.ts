import { expect, it, vi } from 'vitest'
import { addressHash, createRefusals } from '../../../../infra/http/refusals.ts'
import { createMemoryAuditLog } from '../../../fakes/audit-log.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { silence } from '../../../fixtures/silence.ts'

const { log } = silence()
const guess = (actor: string) => ({ actor, tenant: null, action: 'authn_fail', target: 'api' })

it('makes one entry of many refusals of one kind, and says how many', async () => {
  const audit = createMemoryAuditLog()
  const refusals = createRefusals({ audit, log })
  for (let count = 0; count < 5; count += 1) refusals.note(guess('a'))
  refusals.note(guess('b'))
  expect(audit.events).toEqual([])
  await refusals.flush()
  expect(audit.events).toEqual([
    { ...guess('a'), channel: 'api', details: { count: 5 } },
    { ...guess('b'), channel: 'api', details: { count: 1 } },
  ])
  await refusals.flush()
  expect(audit.events).toHaveLength(2)
})

it('writes by itself when its time is over', async () => {
  const audit = createMemoryAuditLog()
  createRefusals({ audit, log }, 1).note(guess('a'))
  await eventually(() => expect(audit.events).toHaveLength(1))
})

it('counts the many it cannot tell apart together', async () => {
  const audit = createMemoryAuditLog()
  const refusals = createRefusals({ audit, log })
  for (let count = 0; count < 1500; count += 1) refusals.note(guess(String(count)))
  await refusals.flush()
  expect(audit.events).toHaveLength(1001)
  expect(audit.events.at(-1)).toMatchObject({ actor: 'others', details: { count: 500 } })
})

it('goes on when the trail cannot be written', async () => {
  const record = vi.fn(async () => {
    throw new Error('away')
  })
  const refusals = createRefusals({ audit: { record }, log })
  refusals.note(guess('a'))
  await refusals.flush()
  expect(record).toHaveBeenCalledOnce()
})

it('keeps an address as a hash', () => {
  expect(addressHash('192.0.2.1')).toMatch(/^[0-9a-f]{16}$/)
  expect(addressHash('192.0.2.1')).not.toBe(addressHash('192.0.2.2'))
})
