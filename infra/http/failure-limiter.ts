import { isIPv6 } from 'node:net'
import type { Clock } from '../ports/clock.ts'

/** Mistakes a person makes while he sets a client up, and more than a guesser gets anywhere with. */
const BURST_COUNT = 20
const REFILL_PER_SECOND = 0.2
const MAX_DEBT_COUNT = 20
/** Bounds the memory that many addresses can take; the one not heard of for longest is forgotten first. */
const MAX_ADDRESSES = 10_000
/** Of an IPv6 address whoever has it usually has the whole half. */
const IPV6_GROUPS = 4

interface Bucket {
  readonly tokens: number
  readonly at: number
}

/** How many wrong keys may come from an address, or by whatever else is counted here. */
export interface FailureLimiter {
  /** Before a key is looked at that may be wrong. @returns ms to wait; 0 = go on */
  waitMs(address: string): number
  /** The key was wrong. Keys that were under way together are all counted: the address may run into debt. */
  failed(address: string): void
}

/** Addresses that stand for one client: an IPv4 address, also in IPv6's clothes, or the network half of an IPv6 one. */
export const clientOf = (address: string): string => {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0')
  const groups = [...front, ...zeros, ...back].map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
  return groups.slice(0, IPV6_GROUPS).join(':')
}

/** A token bucket for each client address, in this process alone. */
export const createFailureLimiter = (clock: Pick<Clock, 'monotonic'>): FailureLimiter => {
  const buckets = new Map<string, Bucket>()

  const tokensOf = (client: string): number => {
    const { tokens, at } = buckets.get(client) ?? { tokens: BURST_COUNT, at: clock.monotonic() }
    return Math.min(BURST_COUNT, tokens + ((clock.monotonic() - at) / 1000) * REFILL_PER_SECOND)
  }

  return {
    waitMs(address) {
      const missing = 1 - tokensOf(clientOf(address))
      return missing > 0 ? Math.ceil((missing / REFILL_PER_SECOND) * 1000) : 0
    },
    failed(address) {
      const client = clientOf(address)
      const tokens = Math.max(-MAX_DEBT_COUNT, tokensOf(client) - 1)
      buckets.delete(client)
      const [oldest] = buckets.size >= MAX_ADDRESSES ? buckets.keys() : []
      if (oldest !== undefined) buckets.delete(oldest)
      buckets.set(client, { tokens, at: clock.monotonic() })
    },
  }
}
