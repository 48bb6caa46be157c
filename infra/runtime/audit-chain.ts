import { createHash } from 'node:crypto'
import type { Json } from '../domain/json.ts'
import type { AuditEntry, AuditEvent, AuditHead } from '../ports/audit-log.ts'

/** What the first entry of a trail follows. */
export const NO_ENTRY: AuditHead = { seq: 0, hash: '0'.repeat(64) }

/** Neither a database's text nor its JSON can hold these. */
const clean = (text: string): string => text.toWellFormed().replaceAll('\0', '\u{fffd}')

/** JSON with its members in order and no blanks: one text for one value, whatever stored it meanwhile. */
const canonical = (value: Json | undefined): string => {
  if (typeof value === 'string') return JSON.stringify(clean(value))
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => [clean(name), member] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

/** The one text of an event that is hashed. Pure. */
export const bodyOf = ({ actor, channel, action, tenant, target, details = {}, requestId }: AuditEvent): string =>
  canonical({ actor, channel, action, tenant, target, details, requestId: requestId ?? null })

/** The hash of an entry: it holds its place, its time, its words and everything before it. Pure. */
export const hashOf = (previousHash: string, seq: number, at: number, body: string): string =>
  createHash('sha256').update(`${previousHash}\n${seq}\n${at}\n${body}`).digest('hex')

/** The entry that an event becomes after this one. Pure. */
export const chainOn = (previous: AuditHead, at: number, event: AuditEvent): AuditEntry => {
  const seq = previous.seq + 1
  const hash = hashOf(previous.hash, seq, at, bodyOf(event))
  return { ...event, seq, at, previousHash: previous.hash, hash }
}

/** What is wrong with a trail, and from which entry on. */
export interface ChainFault {
  readonly seq: number
  readonly fault: 'changed' | 'missing' | 'out of order' | 'unlinked' | 'cut off' | 'replaced'
}

/** Reads a trail entry by entry, so that a trail of any length can be verified. */
export interface ChainReader {
  /** entries as they are stored, in their order */
  read(entry: AuditEntry): void
  /** @param head what is told of the last entry elsewhere */
  end(head: AuditHead): { readonly last: AuditHead; readonly faults: readonly ChainFault[] }
}

/** Enough to see where to look. */
const MAX_FAULTS = 100

/**
 * Verify a trail: is every entry there, unchanged, and in its order?
 * @param anchors heads that were kept elsewhere: what they name must still be what it was. One without a seq (0) must be
 * the hash of some entry
 */
export const readChain = (anchors: readonly AuditHead[] = []): ChainReader => {
  const faults: ChainFault[] = []
  const found = new Set<string>()
  let last = NO_ENTRY
  const add = (seq: number, fault: ChainFault['fault']): void => {
    if (faults.length < MAX_FAULTS) faults.push({ seq, fault })
  }
  return {
    read(entry) {
      const { seq, at, previousHash, hash } = entry
      if (seq <= last.seq) add(seq, 'out of order')
      else if (seq > last.seq + 1) add(last.seq + 1, 'missing')
      // After a gap the link cannot be right; that was said.
      else if (previousHash !== last.hash) add(seq, 'unlinked')
      if (hash !== hashOf(previousHash, seq, at, bodyOf(entry))) add(seq, 'changed')
      for (const anchor of anchors) {
        if (anchor.hash === hash) found.add(hash)
        else if (anchor.seq === seq) add(seq, 'replaced')
      }
      // What is stored, not what it should be: one wrong entry is one fault.
      last = { seq, hash }
    },
    end(head) {
      if (head.seq > last.seq) add(last.seq + 1, 'cut off')
      else if (head.seq < last.seq || head.hash !== last.hash) add(last.seq, 'replaced')
      for (const { seq, hash } of anchors)
        if (seq > last.seq || (seq === 0 && !found.has(hash))) add(last.seq + 1, 'cut off')
      return { last, faults }
    },
  }
}
