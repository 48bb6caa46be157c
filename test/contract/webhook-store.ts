import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { NewEndpoint, WebhookStore } from '../../infra/ports/webhook-store.ts'

/** An endpoint to create; every call another tenant. */
export const anEndpoint = (overrides: Partial<NewEndpoint> = {}): NewEndpoint => ({
  tenant: `tenant-${randomUUID().slice(0, 8)}`,
  url: 'https://hooks.example/muster',
  events: ['check.succeeded', 'check.failed'],
  description: 'an endpoint of the tests',
  secret: 'first',
  ...overrides,
})

const MANY = 100
const NOBODY = '00000000-0000-4000-8000-000000000000'

/** What every WebhookStore promises. `open` may answer a shared store: each test has tenants of its own. */
export const describeWebhookStore = (adapter: string, open: () => Promise<WebhookStore>): void => {
  describe(`WebhookStore on ${adapter}`, () => {
    const start = async (overrides: Partial<NewEndpoint> = {}) => {
      const store = await open()
      const made = anEndpoint(overrides)
      const endpoint = await store.create(made, MANY)
      if (!endpoint) throw new Error('not created')
      return { store, made, endpoint, tenant: made.tenant }
    }

    it('finds an endpoint as it was made, without its secret', async () => {
      const { store, made, endpoint, tenant } = await start()
      const { secret, ...facts } = made
      expect(endpoint).toMatchObject({ ...facts, disabledAt: null, disabledReason: null, failingSince: null })
      expect(endpoint.createdAt).toBeGreaterThan(0)
      expect(await store.find(tenant, endpoint.id)).toEqual(endpoint)
      expect(JSON.stringify(endpoint)).not.toContain(secret)
    })

    it('lists the endpoints of one tenant, oldest first', async () => {
      const { store, endpoint, tenant } = await start()
      const second = await store.create(anEndpoint({ tenant }), MANY)
      await store.create(anEndpoint(), MANY)
      expect(await store.list(tenant)).toEqual([endpoint, second])
    })

    it('makes no more endpoints than a tenant may have', async () => {
      const { store, tenant } = await start()
      expect(await store.create(anEndpoint({ tenant }), 1)).toBeUndefined()
      expect(await store.list(tenant)).toHaveLength(1)
    })

    it("neither shows nor touches another tenant's endpoint", async () => {
      const { store, endpoint, tenant } = await start()
      expect(await store.find('other', endpoint.id)).toBeUndefined()
      expect(await store.update('other', endpoint.id, { enabled: false })).toBeUndefined()
      expect(await store.rotate('other', endpoint.id, 'stolen', 0)).toBe(false)
      expect(await store.remove('other', endpoint.id)).toBe(false)
      expect(await store.find(tenant, endpoint.id)).toEqual(endpoint)
    })

    it('changes what is named and keeps the rest', async () => {
      const { store, endpoint, tenant } = await start()
      const changes = { url: 'https://other.example/', events: ['check.expired'] } as const
      expect(await store.update(tenant, endpoint.id, changes)).toEqual({ ...endpoint, ...changes })
      expect(await store.update(tenant, endpoint.id, { description: '' })).toEqual({
        ...endpoint,
        ...changes,
        description: '',
      })
    })

    it('is disabled and enabled again by its owner', async () => {
      const { store, endpoint, tenant } = await start()
      const disabled = await store.update(tenant, endpoint.id, { enabled: false })
      expect(disabled).toMatchObject({ disabledReason: 'caller' })
      expect(disabled?.disabledAt).toBeGreaterThan(0)
      expect(await store.update(tenant, endpoint.id, { enabled: true })).toEqual(endpoint)
    })

    it('removes an endpoint once', async () => {
      const { store, endpoint, tenant } = await start()
      expect([await store.remove(tenant, endpoint.id), await store.remove(tenant, endpoint.id)]).toEqual([true, false])
      expect(await store.find(tenant, endpoint.id)).toBeUndefined()
    })

    it('does not know what it was never given', async () => {
      const { store, tenant } = await start()
      expect(await store.find(tenant, NOBODY)).toBeUndefined()
      expect(await store.rotate(tenant, NOBODY, 'x', 0)).toBe(false)
      expect(await store.remove(tenant, NOBODY)).toBe(false)
    })

    it('keeps the first secret of a tenant until somebody rotates it', async () => {
      const [store, tenant] = [await open(), randomUUID()]
      expect(await store.tenantSecret(tenant, 'one')).toBe('one')
      expect(await store.tenantSecret(tenant, 'two')).toBe('one')
      await store.rotateTenantSecret(tenant, 'three', 1000)
      expect(await store.tenantSecret(tenant, 'four')).toBe('three')
    })
  })
}
