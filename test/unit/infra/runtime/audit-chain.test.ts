import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEntry, AuditEvent, AuditHead } from '../../../../infra/ports/audit-log.ts'
import { bodyOf, chainOn, NO_ENTRY, readChain } from '../../../../infra/runtime/audit-chain.ts'

const anyEvent: fc.Arbitrary<AuditEvent> = fc.record(
  {
    actor: fc.string(),
    channel: fc.constantFrom('api', 'cli', 'slack', 'system'),
    action: fc.string(),
    tenant: fc.option(fc.string()),
    target: fc.string(),
    details: fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<NonNullable<AuditEvent['details']>>,
    requestId: fc.string(),
  },
  { requiredKeys: ['actor', 'channel', 'action', 'tenant', 'target'] },
)

const chain = (events: readonly AuditEvent[]): AuditEntry[] => {
  const entries: AuditEntry[] = []
  for (const [index, event] of events.entries()) entries.push(chainOn(entries.at(-1) ?? NO_ENTRY, 1000 + index, event))
  return entries
}

const headOf = (entries: readonly AuditEntry[]): AuditHead => {
  const { seq, hash } = entries.at(-1) ?? NO_ENTRY
  return { seq, hash }
}

const verify = (entries: readonly AuditEntry[], head: AuditHead, anchors: readonly AuditHead[] = []) => {
  const reader = readChain(anchors)
  for (const entry of entries) reader.read(entry)
  return reader.end(head)
}

const anyTrail = fc
  .array(anyEvent, { minLength: 2, maxLength: 12 })
  .map(chain)
  .chain((entries) => fc.record({ entries: fc.constant(entries), index: fc.nat(entries.length - 1) }))

describe('a trail', () => {
  it('of any events is sound', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
        const entries = chain(events)
        expect(verify(entries, headOf(entries), entries.map(headOfOne)).faults).toEqual([])
      }),
    )
  })

  it('is sound after a database has stored it as JSON with its members in any order', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const details = Object.fromEntries(Object.entries(event.details ?? {}).toReversed())
        const stored = JSON.parse(JSON.stringify({ ...event, details })) as AuditEvent
        expect(bodyOf(stored)).toBe(bodyOf(event))
      }),
    )
  })

  it.each(['actor', 'action', 'target', 'tenant', 'requestId'] as const)(
    'tells the entry whose %s was changed',
    (field) => {
      fc.assert(
        fc.property(anyTrail, ({ entries, index }) => {
          const bad = entries.map((entry, at) => (at === index ? { ...entry, [field]: `${entry[field]}x` } : entry))
          expect(verify(bad, headOf(entries)).faults).toEqual([{ seq: index + 1, fault: 'changed' }])
        }),
      )
    },
  )

  it('tells the entry whose time or details were changed', () => {
    fc.assert(
      fc.property(anyTrail, ({ entries, index }) => {
        for (const change of [{ at: 1 }, { details: { someone: 'else' } }]) {
          const bad = entries.map((entry, at) => (at === index ? { ...entry, ...change } : entry))
          expect(verify(bad, headOf(entries)).faults).toEqual([{ seq: index + 1, fault: 'changed' }])
        }
      }),
    )
  })

  it('tells which entry is missing', () => {
    fc.assert(
      fc.property(anyTrail, ({ entries, index }) => {
        const { faults } = verify(entries.toSpliced(index, 1), headOf(entries))
        const fault = index === entries.length - 1 ? 'cut off' : 'missing'
        expect(faults[0]).toEqual({ seq: index + 1, fault })
      }),
    )
  })

  it('tells that an entry is missing though the ones after it were numbered and linked again', () => {
    fc.assert(
      fc.property(anyTrail, ({ entries, index }) => {
        const bad = chain(entries.toSpliced(index, 1))
        const { faults } = verify(bad, headOf(entries))
        expect(faults.length).toBeGreaterThan(0)
        // The same with a head that was rewritten too: what was kept elsewhere tells.
        expect(verify(bad, headOf(bad), [headOf(entries)]).faults.length).toBeGreaterThan(0)
      }),
    )
  })

  it('tells the first of two entries that changed places, with or without their numbers', () => {
    fc.assert(
      fc.property(anyTrail, fc.nat(), ({ entries, index }, step) => {
        const other = (index + 1 + (step % (entries.length - 1))) % entries.length
        const [low, high] = [Math.min(index, other), Math.max(index, other)]
        const [one, two] = [entries[low] as AuditEntry, entries[high] as AuditEntry]
        const swapped = entries.with(low, two).with(high, one)
        expect(verify(swapped, headOf(entries)).faults[0]?.seq).toBe(low + 1)
        const renumbered = entries.with(low, { ...two, seq: one.seq }).with(high, { ...one, seq: two.seq })
        expect(verify(renumbered, headOf(entries)).faults[0]?.seq).toBe(low + 1)
      }),
    )
  })

  it('tells an entry that was put in', () => {
    fc.assert(
      fc.property(anyTrail, anyEvent, ({ entries, index }, event) => {
        const put = chainOn(entries[index - 1] ?? NO_ENTRY, 999, event)
        const { faults } = verify(entries.toSpliced(index, 0, put), headOf(entries))
        expect(faults[0]?.seq).toBe(index + 1)
      }),
    )
  })

  it('tells what a head that was kept elsewhere tells, with its number or by its hash alone', () => {
    const entries = chain(['a', 'b', 'c'].map((target) => ({ ...EVENT, target })))
    const kept = headOf(entries)
    const cut = entries.slice(0, 2)
    expect(verify(cut, headOf(cut), [kept]).faults).toEqual([{ seq: 3, fault: 'cut off' }])
    expect(verify(cut, headOf(cut), [{ ...kept, seq: 0 }]).faults).toEqual([{ seq: 3, fault: 'cut off' }])
    const rewritten = chain(['a', 'b', 'x'].map((target) => ({ ...EVENT, target })))
    expect(verify(rewritten, headOf(rewritten), [kept]).faults).toEqual([{ seq: 3, fault: 'replaced' }])
    expect(verify(entries, kept, [{ ...kept, seq: 0 }]).faults).toEqual([])
  })
})

const EVENT: AuditEvent = { actor: 'k', channel: 'api', action: 'a', tenant: null, target: 't' }
const headOfOne = ({ seq, hash }: AuditEntry): AuditHead => ({ seq, hash })
