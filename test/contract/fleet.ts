import { describe, expect, it } from 'vitest'
import { PoolUnknownError } from '../../infra/domain/errors.ts'
import type { CountChange, Fleet } from '../../infra/ports/fleet.ts'

/** A fleet with one pool that has a count of 2, and no pool `nowhere`. */
export interface FleetSite {
  readonly fleet: Fleet
  readonly pool: string
  /** somebody else changes the count */
  interfere(count: number): Promise<void>
}

const aChange = (pool: string, version: string, count: number): CountChange => ({
  ...{ pool, count, version },
  ...{ message: 'checks: 2 -> 3 nodes', meta: { forecast: '3' } },
})

/** What every adapter of the fleet port must do. */
export const describeFleet = (adapter: string, open: () => Promise<FleetSite>): void => {
  describe(`Fleet on ${adapter}`, () => {
    it('shows the count that was asked for', async () => {
      const { fleet, pool } = await open()
      expect((await fleet.view(pool)).desiredCount).toBe(2)
    })

    it('sets another count', async () => {
      const { fleet, pool } = await open()
      const { version } = await fleet.view(pool)
      expect(await fleet.setCount(aChange(pool, version, 3))).toEqual({ kind: 'applied' })
      expect((await fleet.view(pool)).desiredCount).toBe(3)
    })

    it('changes nothing on a view that is no longer true', async () => {
      const { fleet, pool, interfere } = await open()
      const { version } = await fleet.view(pool)
      await interfere(1)
      expect((await fleet.setCount(aChange(pool, version, 3))).kind).toBe('conflict')
      expect((await fleet.view(pool)).desiredCount).toBe(1)
    })

    it('knows the pools it has', async () => {
      const { fleet } = await open()
      await expect(fleet.view('nowhere')).rejects.toThrow(PoolUnknownError)
      await expect(fleet.setCount(aChange('nowhere', '1', 1))).rejects.toThrow(PoolUnknownError)
    })

    it('takes a note without changing anything', async () => {
      const { fleet, pool } = await open()
      const before = await fleet.view(pool)
      await fleet.note(pool, 'held at 2: demand is 3 min old', {})
      expect((await fleet.view(pool)).desiredCount).toBe(before.desiredCount)
    })
  })
}
