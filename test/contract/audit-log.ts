import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AuditEvent, AuditLog, AuditTrail } from '../../infra/ports/audit-log.ts'
import { readChain } from '../../infra/runtime/audit-chain.ts'

const anEvent = (overrides: Partial<AuditEvent> = {}): AuditEvent => ({
  actor: 'key1',
  channel: 'api',
  action: 'sensitive_read',
  tenant: randomUUID(),
  target: randomUUID(),
  ...overrides,
})

const verify = async (trail: AuditTrail) => {
  const reader = readChain()
  const head = await trail.head()
  for (const entry of await trail.after(0, head.seq)) reader.read(entry)
  return reader.end(head)
}

/** What every adapter of the audit trail must do. Each opened one speaks of the same trail. */
export const describeAuditLog = (adapter: string, open: () => Promise<AuditLog & AuditTrail>): void => {
  describe(`AuditLog on ${adapter}`, () => {
    it('keeps an event as it was told', async () => {
      const log = await open()
      const event = anEvent({
        details: { reason: 'a "quoted" täst\u{1f600}', count: 1.5, list: [1, null] },
        requestId: 'r',
      })
      await log.record(event)
      const [entry] = await log.list({ tenant: event.tenant as string, limit: 10 })
      expect(entry).toMatchObject(event)
    })

    it('counts without a gap and chains each entry to the one before', async () => {
      const log = await open()
      const before = await log.head()
      for (let count = 0; count < 3; count += 1) await log.record(anEvent())
      const entries = await log.after(before.seq, 3)
      expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3].map((step) => before.seq + step))
      expect(entries.map(({ previousHash }) => previousHash)).toEqual([
        before.hash,
        ...entries.slice(0, 2).map(({ hash }) => hash),
      ])
      expect(await log.head()).toEqual({ seq: before.seq + 3, hash: entries.at(-1)?.hash })
    })

    it('lists by tenant, action, time and page, newest first', async () => {
      const [log, tenant] = [await open(), randomUUID()]
      for (const action of ['a', 'b', 'a']) await log.record(anEvent({ tenant, action }))
      await log.record(anEvent({ action: 'a' }))
      const all = await log.list({ tenant, limit: 10 })
      expect(all.map(({ action }) => action)).toEqual(['a', 'b', 'a'])
      expect(await log.list({ tenant, action: 'a', limit: 1 })).toEqual([all[0]])
      expect(await log.list({ tenant, before: all[0]?.seq ?? 0, limit: 10 })).toEqual(all.slice(1))
      expect(await log.list({ tenant, since: (all[0]?.at ?? 0) + 1, limit: 10 })).toEqual([])
    })

    it('keeps texts that a database cannot hold as they can be held', async () => {
      const [log, tenant] = [await open(), randomUUID()]
      await log.record(anEvent({ tenant, details: { text: 'a\0b\ud800' }, target: 'x\0' }))
      expect(await log.list({ tenant, limit: 1 })).toMatchObject([{ tenant }])
    })

    it('makes one chain of what two writers add at once', async () => {
      const [one, two, before] = [await open(), await open(), await (await open()).head()]
      const numbers = [2.5, 1e21, 1e-7, -0, 123456789012345]
      await Promise.all(
        Array.from({ length: 120 }, (_, index) =>
          (index % 2 === 0 ? one : two).record(anEvent({ details: { index, number: numbers[index % 5] ?? 0 } })),
        ),
      )
      const { last, faults } = await verify(one)
      expect(faults).toEqual([])
      expect(last.seq).toBe(before.seq + 120)
    })
  })
}
