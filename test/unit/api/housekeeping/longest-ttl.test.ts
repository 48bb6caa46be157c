import { expect, it } from 'vitest'
import { longestPictureMs } from '../../../../api/housekeeping/longest-ttl.ts'
import { createMemoryTenantStore } from '../../../fakes/tenant-store.ts'

const HOUR = 3_600_000

it('is as long as the most patient tenant, the default and the longest deadline ask for, and an hour', async () => {
  const tenants = createMemoryTenantStore()
  expect(await longestPictureMs(tenants, { pictureTtlMs: HOUR })).toBe(25 * HOUR)
  expect(await longestPictureMs(tenants, { pictureTtlMs: 48 * HOUR })).toBe(49 * HOUR)
  await tenants.set('acme', { pictureTtlMs: 72 * HOUR })
  await tenants.set('other', { weight: 2 })
  expect(await longestPictureMs(tenants, { pictureTtlMs: 48 * HOUR })).toBe(73 * HOUR)
})
