import type { Lead, LeaderLease } from '../../infra/ports/leader-lease.ts'

interface Held {
  holder: string
  term: number
  until: number
}

/** Leases in memory, for unit tests. Passes the port's contract suite. */
export class MemoryLeaderLease implements LeaderLease {
  readonly #held = new Map<string, Held>()
  readonly #now: () => number

  /** @param now epoch ms, the database's clock of the test */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  async hold(name: string, holder: string, ttlMs: number): Promise<Lead> {
    const [now, held] = [this.#now(), this.#held.get(name)]
    if (held && held.holder !== holder && held.until > now)
      return { kind: 'following', holder: held.holder, remainingMs: held.until - now }
    const term = held ? held.term + (held.holder === holder ? 0 : 1) : 1
    this.#held.set(name, { holder, term, until: now + ttlMs })
    return { kind: 'leading', term }
  }

  async release(name: string, holder: string): Promise<void> {
    const held = this.#held.get(name)
    if (held?.holder === holder) held.until = Number.NEGATIVE_INFINITY
  }

  /** Is this the term that leads? */
  leads(name: string, term: number): boolean {
    const held = this.#held.get(name)
    return held !== undefined && held.term === term && held.until > this.#now()
  }
}
