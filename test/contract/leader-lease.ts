import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { LeaderLease } from '../../infra/ports/leader-lease.ts'

const LONG_MS = 60_000
/** It is over before the next call. */
const OVER_MS = -1

/** What every adapter of the leader lease port must do. */
export const describeLeaderLease = (adapter: string, open: () => Promise<LeaderLease>): void => {
  describe(`LeaderLease on ${adapter}`, () => {
    const start = async () => ({ lease: await open(), name: randomUUID() })

    it('lets exactly one of many lead', async () => {
      const { lease, name } = await start()
      const holders = Array.from({ length: 8 }, (_, index) => `process ${index}`)
      const leads = await Promise.all(holders.map((holder) => lease.hold(name, holder, LONG_MS)))
      expect(leads.filter(({ kind }) => kind === 'leading')).toHaveLength(1)
    })

    it('keeps the term of a leader that goes on', async () => {
      const { lease, name } = await start()
      const first = await lease.hold(name, 'a', LONG_MS)
      expect(await lease.hold(name, 'a', LONG_MS)).toEqual(first)
    })

    it('tells others who leads, and for how long yet', async () => {
      const { lease, name } = await start()
      await lease.hold(name, 'a', LONG_MS)
      const lead = await lease.hold(name, 'b', LONG_MS)
      expect(lead).toMatchObject({ kind: 'following', holder: 'a' })
      if (lead.kind !== 'following') throw new Error('two lead')
      expect(lead.remainingMs).toBeGreaterThan(0)
      expect(lead.remainingMs).toBeLessThanOrEqual(LONG_MS)
    })

    it('gives a higher term to whoever leads after another', async () => {
      const { lease, name } = await start()
      const terms: number[] = []
      for (const holder of ['a', 'b', 'a']) {
        const lead = await lease.hold(name, holder, OVER_MS)
        if (lead.kind === 'leading') terms.push(lead.term)
      }
      expect(terms).toEqual([1, 2, 3])
    })

    it('goes on with the term when it ran out and nobody else led', async () => {
      const { lease, name } = await start()
      await lease.hold(name, 'a', OVER_MS)
      expect(await lease.hold(name, 'a', LONG_MS)).toEqual({ kind: 'leading', term: 1 })
    })

    it('lets another lead at once when it is released', async () => {
      const { lease, name } = await start()
      await lease.hold(name, 'a', LONG_MS)
      await lease.release(name, 'a')
      expect(await lease.hold(name, 'b', LONG_MS)).toEqual({ kind: 'leading', term: 2 })
    })

    it('is released by nobody but its holder', async () => {
      const { lease, name } = await start()
      await lease.hold(name, 'a', LONG_MS)
      await lease.release(name, 'b')
      expect((await lease.hold(name, 'b', LONG_MS)).kind).toBe('following')
    })
  })
}
