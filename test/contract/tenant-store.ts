import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { TenantStore } from '../../infra/ports/tenant-store.ts'

/** What every adapter of the tenant store port must do. */
export const describeTenantStore = (adapter: string, open: () => Promise<TenantStore>): void => {
  describe(`TenantStore on ${adapter}`, () => {
    it('knows nothing of a tenant nobody settled anything for', async () => {
      expect(await (await open()).find(randomUUID())).toEqual({})
    })

    it('changes what is named and keeps the rest', async () => {
      const [store, name] = [await open(), randomUUID()]
      await store.set(name, { weight: 2.5, maxInFlightCount: 10 })
      expect(await store.set(name, { maxInFlightCount: 20, resultTtlMs: 0 })).toEqual({
        name,
        settings: { weight: 2.5, maxInFlightCount: 20, resultTtlMs: 0 },
      })
      expect(await store.find(name)).toEqual({ weight: 2.5, maxInFlightCount: 20, resultTtlMs: 0 })
    })

    it('forgets what is set to null', async () => {
      const [store, name] = [await open(), randomUUID()]
      await store.set(name, { weight: 2, burstCount: 5 })
      await store.set(name, { weight: null })
      expect(await store.find(name)).toEqual({ burstCount: 5 })
    })

    it('lists tenants by name', async () => {
      const [store, prefix] = [await open(), randomUUID()]
      await store.set(`${prefix}-b`, { weight: 2 })
      await store.set(`${prefix}-a`, {})
      const found = (await store.list()).filter(({ name }) => name.startsWith(prefix))
      expect(found.map(({ name }) => name)).toEqual([`${prefix}-a`, `${prefix}-b`])
    })
  })
}
