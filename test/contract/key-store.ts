import { describe, expect, it } from 'vitest'
import type { KeyStore, NewApiKey } from '../../infra/ports/key-store.ts'

const aKey = (overrides: Partial<NewApiKey> = {}): NewApiKey => ({
  keyId: crypto.randomUUID().replaceAll('-', '').slice(0, 12),
  tenant: `tenant-${crypto.randomUUID().slice(0, 8)}`,
  name: 'a key of the tests',
  role: 'submitter',
  scopes: [],
  createdBy: null,
  expiresAt: null,
  secretSha256: 'ab'.repeat(32),
  ...overrides,
})

/** What every KeyStore promises. `open` may answer a shared store: each test makes its own keys. */
export const describeKeyStore = (adapter: string, open: () => Promise<KeyStore>): void => {
  describe(`KeyStore on ${adapter}`, () => {
    it('finds a key with the hash of its secret', async () => {
      const keys = await open()
      const expiresAt = Date.UTC(2030, 0, 1)
      const { secretSha256, ...rest } = aKey({ expiresAt })
      const created = await keys.create({ ...rest, secretSha256 })
      expect(created).toMatchObject({ ...rest, revokedAt: null, lastUsedAt: null })
      expect(created.createdAt).toBeGreaterThan(0)
      expect(await keys.find(rest.keyId)).toEqual({ key: created, secretSha256 })
    })

    it('does not find a key it was never given', async () => {
      expect(await (await open()).find('nobody')).toBeUndefined()
    })

    it('lists the keys of one tenant, oldest first, and of all', async () => {
      const keys = await open()
      const { tenant, ...first } = aKey()
      const mine = [await keys.create({ tenant, ...first }), await keys.create(aKey({ tenant }))]
      const other = await keys.create(aKey())
      expect(await keys.list(tenant)).toEqual(mine)
      const all = (await keys.list()).map(({ keyId }) => keyId)
      expect(all).toEqual(expect.arrayContaining([...mine, other].map(({ keyId }) => keyId)))
    })

    it('revokes a key once, and still finds it', async () => {
      const keys = await open()
      const { keyId } = await keys.create(aKey())
      expect([await keys.revoke(keyId), await keys.revoke(keyId)]).toEqual([true, false])
      expect((await keys.find(keyId))?.key.revokedAt).toBeGreaterThan(0)
    })

    it('does not revoke a key it does not know', async () => {
      expect(await (await open()).revoke('nobody')).toBe(false)
    })

    it('keeps the day a key was last used', async () => {
      const keys = await open()
      const { keyId } = await keys.create(aKey())
      await keys.touch(keyId)
      await keys.touch(keyId)
      const lastUsedAt = (await keys.find(keyId))?.key.lastUsedAt ?? 0
      expect(Math.abs(Date.now() - lastUsedAt)).toBeLessThan(2 * 86_400_000)
      expect(lastUsedAt % 1000).toBe(0)
    })
  })
}
