import { expect, it } from 'vitest'
import { createTenantSettings } from '../../../api/tenant-settings.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import { DEFAULT_TENANT } from '../../../infra/domain/tenant.ts'
import { createMemoryTenantStore } from '../../fakes/tenant-store.ts'
import { silence } from '../../fixtures/silence.ts'

const setUp = () => {
  const store = createMemoryTenantStore()
  const time = { now: 0 }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const tenants = { find: store.find }
  return { store, time, tenants, settingsOf: createTenantSettings({ tenants, clock, log: silence().log }) }
}

it('fills what is not settled with the defaults', async () => {
  const { store, settingsOf } = setUp()
  await store.set('acme', { weight: 3 })
  expect(await settingsOf('acme')).toEqual({ ...DEFAULT_TENANT, weight: 3 })
  expect(await settingsOf('nobody')).toEqual(DEFAULT_TENANT)
})

it('learns of a change within half a minute', async () => {
  const { store, time, settingsOf } = setUp()
  await settingsOf('acme')
  await store.set('acme', { weight: 3 })
  expect((await settingsOf('acme')).weight).toBe(1)
  time.now += 30_000
  expect((await settingsOf('acme')).weight).toBe(3)
})

it('keeps the last known settings while the database is away', async () => {
  const { store, time, tenants, settingsOf } = setUp()
  await store.set('acme', { weight: 3 })
  await settingsOf('acme')
  tenants.find = async () => {
    throw new UnavailableError('postgres', new Error('away'))
  }
  time.now += 30_000
  expect((await settingsOf('acme')).weight).toBe(3)
  expect((await settingsOf('other')).weight).toBe(1)
})
