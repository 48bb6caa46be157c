import type { TenantSettings } from '../domain/tenant.ts'

/** A tenant somebody settled something for. What was not settled follows the defaults, also when those change later. */
export interface Tenant {
  readonly name: string
  readonly settings: Partial<TenantSettings>
}

/** What is settled for tenants. A tenant needs no entry to exist: its keys make it one. @throws UnavailableError */
export interface TenantStore {
  /** `{}` for a tenant without an entry */
  find(name: string): Promise<Partial<TenantSettings>>
  /** Changes what is named and keeps the rest; null goes back to the default. */
  set(name: string, settings: { readonly [K in keyof TenantSettings]?: number | null }): Promise<Tenant>
  list(): Promise<readonly Tenant[]>
}
