import { DEFAULT_TENANT, type TenantSettings } from '../infra/domain/tenant.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { TenantStore } from '../infra/ports/tenant-store.ts'

/** A change of a tenant's settings takes effect this much later at most. */
const CACHE_MS = 30_000
const MAX_CACHED = 10_000

/** What holds for a tenant now. Never rejects: a database that is away leaves the last known settings, else the defaults. */
export type TenantSettingsOf = (tenant: string) => Promise<TenantSettings>

interface Entry {
  settings: Promise<TenantSettings>
  until: number
}

/** Tenants' settings with the defaults filled in, kept for half a minute. */
export const createTenantSettings = (
  { tenants, clock, log }: { readonly tenants: Pick<TenantStore, 'find'>; readonly clock: Clock; readonly log: Logger },
  defaults: TenantSettings = DEFAULT_TENANT,
): TenantSettingsOf => {
  const cache = new Map<string, Entry>()

  const load = async (tenant: string, last: Promise<TenantSettings> | undefined): Promise<TenantSettings> => {
    try {
      return { ...defaults, ...(await tenants.find(tenant)) }
    } catch (error) {
      log.warn({ error }, 'tenant settings could not be read; the last known ones stay')
      return (await last) ?? defaults
    }
  }

  return (tenant) => {
    const entry = cache.get(tenant)
    if (entry && clock.monotonic() < entry.until) return entry.settings
    const settings = load(tenant, entry?.settings)
    cache.delete(tenant)
    const [oldest] = cache.size >= MAX_CACHED ? cache.keys() : []
    if (oldest !== undefined) cache.delete(oldest)
    cache.set(tenant, { settings, until: clock.monotonic() + CACHE_MS })
    return settings
  }
}
