import { describe, expect, it } from 'vitest'
import type { CountChange, Fleet } from '../../infra/ports/fleet.ts'

/** A fleet with one pool that has a count of 2 in each of the zones `a` and `b`. */
export interface ZonedFleetSite {
  readonly fleet: Fleet
  readonly pool: string
  /** somebody else changes the count of the pool */
  interfere(count: number): Promise<void>
  /** the next change of one zone is taken, and the one after it refused */
  refuseSecond(): void
}

/** What every adapter of the fleet port must do that has zones, beside what all must. */
export const describeZonedFleet = (adapter: string, open: () => Promise<ZonedFleetSite>): void => {
  const countsOf = async ({ fleet, pool }: ZonedFleetSite) =>
    Object.fromEntries(((await fleet.view(pool)).zones ?? []).map(({ zone, desiredCount }) => [zone, desiredCount]))
  const change = async (site: ZonedFleetSite, a: number, b: number, more: Partial<CountChange> = {}) => {
    const { version } = await site.fleet.view(site.pool)
    const zones = [
      { zone: 'a', count: a },
      { zone: 'b', count: b },
    ]
    const said = { message: 'zones', meta: {} }
    return site.fleet.setCount({ pool: site.pool, count: a + b, zones, version, ...said, ...more })
  }

  describe(`Fleet with zones on ${adapter}`, () => {
    it('shows the counts of its zones, and their sum', async () => {
      const site = await open()
      expect(await countsOf(site)).toEqual({ a: 2, b: 2 })
      expect((await site.fleet.view(site.pool)).desiredCount).toBe(4)
    })

    it.each([
      [5, 1],
      [3, 4],
      [1, 0],
      [2, 3],
    ])('sets its zones to %d and %d', async (a, b) => {
      const site = await open()
      expect(await change(site, a, b)).toEqual({ kind: 'applied' })
      expect(await countsOf(site)).toEqual({ a, b })
      expect(await change(site, 2, 2)).toEqual({ kind: 'applied' })
      expect(await countsOf(site)).toEqual({ a: 2, b: 2 })
    })

    it('changes nothing on a view that is no longer true', async () => {
      const site = await open()
      const { version } = await site.fleet.view(site.pool)
      await site.interfere(3)
      const before = await countsOf(site)
      expect((await change(site, 4, 4, { version })).kind).toBe('conflict')
      expect(await countsOf(site)).toEqual(before)
    })

    it('changes nothing without a word of its zones', async () => {
      const site = await open()
      expect((await change(site, 3, 3, { zones: undefined })).kind).toBe('conflict')
      expect(await countsOf(site)).toEqual({ a: 2, b: 2 })
    })

    it('raises before it lowers, and leaves what was done when it is refused on its way', async () => {
      const site = await open()
      site.refuseSecond()
      expect((await change(site, 0, 4)).kind).not.toBe('applied')
      expect(await countsOf(site)).toEqual({ a: 2, b: 4 })
    })
  })
}
