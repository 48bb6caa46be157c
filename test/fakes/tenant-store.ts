import type { TenantSettings } from '../../infra/domain/tenant.ts'
import type { TenantStore } from '../../infra/ports/tenant-store.ts'

/** Tenants' settings in memory, for unit tests. Passes the port's contract suite. */
export const createMemoryTenantStore = (): TenantStore => {
  const tenants = new Map<string, Partial<TenantSettings>>()
  return {
    find: async (name) => tenants.get(name) ?? {},
    async set(name, settings) {
      const merged = Object.entries({ ...tenants.get(name), ...settings })
      const kept = Object.fromEntries(merged.filter(([, value]) => value !== null && value !== undefined))
      tenants.set(name, kept)
      return { name, settings: kept }
    },
    list: async () =>
      [...tenants].map(([name, settings]) => ({ name, settings })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
