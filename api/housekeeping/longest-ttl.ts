import type { TenantSettings } from '../../infra/domain/tenant.ts'
import type { TenantStore } from '../../infra/ports/tenant-store.ts'

/** The longest a job may be under way, and its pictures are needed until then. */
const LONGEST_DEADLINE_MS = 86_400_000
/** For the sweep that goes by the rows, and knows better, to come first. */
const MARGIN_MS = 3_600_000

/** How long the longest-kept picture of any tenant may be stored, in ms. @throws UnavailableError */
export const longestPictureMs = async (
  tenants: Pick<TenantStore, 'list'>,
  { pictureTtlMs }: Pick<TenantSettings, 'pictureTtlMs'>,
): Promise<number> => {
  const settled = (await tenants.list()).map(({ settings }) => settings.pictureTtlMs ?? 0)
  return Math.max(pictureTtlMs, LONGEST_DEADLINE_MS, ...settled) + MARGIN_MS
}
