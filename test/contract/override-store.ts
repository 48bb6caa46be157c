import { describe, expect, it, vi } from 'vitest'
import type { NewOverride, OverrideStore } from '../../infra/ports/override-store.ts'
import { aNewOverride, aPool } from '../fixtures/overrides.ts'

const HOUR_MS = 3_600_000
/** As long as a busy machine may need. */
const WAIT = { timeout: 10_000 }

/** What every adapter of the override store port must do. Each opened one speaks of the same overrides. */
export const describeOverrideStore = (adapter: string, open: () => Promise<OverrideStore>): void => {
  const opened = async () => {
    const [store, pool] = [await open(), aPool()]
    const add = (overrides: Partial<NewOverride> = {}) => store.add(aNewOverride({ pool, ...overrides }))
    const active = async () => (await store.active()).filter((one) => one.pool === pool)
    return { store, pool, add, active }
  }

  describe(`OverrideStore on ${adapter}`, () => {
    it('keeps what was said, for as long as it was said', async () => {
      const { add, active } = await opened()
      const said = await add({ kind: 'floor', count: 12, reason: 'a "quoted" täst' })
      expect(said).toMatchObject({ kind: 'floor', count: 12, actor: 'ada', reason: 'a "quoted" täst', pending: false })
      expect(said.expiresAt - said.createdAt).toBe(2 * HOUR_MS)
      expect(await active()).toEqual([said])
    })

    it('lists the newest first, and only one pool when asked for it', async () => {
      const { store, pool, add } = await opened()
      const older = await add()
      const newer = await add({ kind: 'hold', count: null })
      await store.add(aNewOverride({ pool: aPool() }))
      expect(await store.list({ pool, limit: 10 })).toEqual([newer, older])
      expect(await store.list({ pool, limit: 1 })).toEqual([newer])
      expect((await store.list({ limit: 1 })).map((one) => one.pool)).not.toContain(pool)
    })

    it('lets what needs a second person wait for one, and counts its time from then on', async () => {
      const { store, add, active } = await opened()
      const said = await add({ durationMs: 30 * HOUR_MS, needsSecond: true })
      expect(said).toMatchObject({ pending: true, confirmedBy: null })
      expect(said.expiresAt - said.createdAt).toBe(HOUR_MS)
      expect(await active()).toEqual([])
      expect(await store.confirm(said.id, 'ada')).toEqual({ kind: 'same-person' })
      const confirmed = await store.confirm(said.id, 'bob')
      if (confirmed.kind !== 'confirmed') throw new Error(confirmed.kind)
      expect(confirmed.override).toMatchObject({ id: said.id, pending: false, actor: 'ada', confirmedBy: 'bob' })
      expect(confirmed.override.expiresAt - confirmed.override.createdAt).toBe(30 * HOUR_MS)
      expect(await active()).toEqual([confirmed.override])
      expect(await store.confirm(said.id, 'cyd')).toEqual({ kind: 'not-pending' })
    })

    it('lets one of two confirm', async () => {
      const { store, add } = await opened()
      const { id } = await add({ needsSecond: true })
      const kinds = (await Promise.all([store.confirm(id, 'bob'), store.confirm(id, 'cyd')])).map(({ kind }) => kind)
      expect(kinds.sort()).toEqual(['confirmed', 'not-pending'])
    })

    it.each(['', '0', 'x', '1; drop table override', '9'.repeat(30)])('knows nothing to confirm as %j', async (id) => {
      expect(await (await open()).confirm(id, 'bob')).toEqual({ kind: 'not-pending' })
    })

    it('releases what holds and what waits, of one pool, once', async () => {
      const { store, pool, add, active } = await opened()
      await add()
      const waiting = await add({ needsSecond: true })
      const other = await store.add(aNewOverride({ pool: aPool() }))
      const released = await store.release(pool, 'bob')
      expect(released.map(({ releasedBy }) => releasedBy)).toEqual(['bob', 'bob'])
      expect(await active()).toEqual([])
      expect(await store.confirm(waiting.id, 'cyd')).toEqual({ kind: 'not-pending' })
      expect(await store.release(pool, 'bob')).toEqual([])
      expect((await store.active()).map(({ id }) => id)).toContain(other.id)
    })

    it('tells each that ran out once, whoever asks', async () => {
      const { store, pool, add, active } = await opened()
      const { id } = await add({ durationMs: 1 })
      await add()
      const [one, two] = [store, await open()]
      const told = await vi.waitFor(async () => {
        const taken = (await Promise.all([one.takeExpired(), two.takeExpired()])).flat()
        expect(taken.filter((each) => each.pool === pool)).toHaveLength(1)
        return taken.filter((each) => each.pool === pool)
      }, WAIT)
      expect(told.map((each) => each.id)).toEqual([id])
      expect((await store.takeExpired()).filter((each) => each.pool === pool)).toEqual([])
      expect((await active()).map((each) => each.id)).not.toContain(id)
    })

    it('tells nobody of what was released', async () => {
      const { store, pool, add } = await opened()
      await add({ durationMs: 60_000 })
      await store.release(pool, 'bob')
      expect((await store.takeExpired()).filter((each) => each.pool === pool)).toEqual([])
    })
  })
}
