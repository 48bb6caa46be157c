import { describe, expect, it } from 'vitest'
import type { KeyRotation, KeyStore, NewApiKey } from '../../infra/ports/key-store.ts'

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

const aRotation = (from: string, overrides: Partial<KeyRotation> = {}): KeyRotation => ({
  from,
  next: {
    keyId: crypto.randomUUID().replaceAll('-', '').slice(0, 12),
    secretSha256: 'cd'.repeat(32),
    createdBy: 'bob',
  },
  graceMs: 60_000,
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

    it('keeps what a key may do, and who made it', async () => {
      const keys = await open()
      const rights = { role: 'viewer', scopes: ['liveness', 'ocr'], createdBy: 'cli:ann' } as const
      const { keyId } = await keys.create(aKey(rights))
      expect((await keys.find(keyId))?.key).toMatchObject({ ...rights, rotatedFrom: null })
    })

    it('revokes no key of another tenant', async () => {
      const keys = await open()
      const { keyId, tenant } = await keys.create(aKey())
      expect(await keys.revoke(keyId, 'somebody-else')).toBe(false)
      expect((await keys.find(keyId))?.key.revokedAt).toBeNull()
      expect(await keys.revoke(keyId, tenant)).toBe(true)
    })

    it('replaces a key by one with the same rights, and lets the old one end after its grace', async () => {
      const keys = await open()
      const rights = { role: 'viewer', scopes: ['ocr'], createdBy: 'cli:ann' } as const
      const old = await keys.create(aKey(rights))
      const { next, ...rotation } = aRotation(old.keyId, { graceMs: 60_000 })
      const rotated = await keys.rotate({ next, ...rotation, tenant: old.tenant })
      const { role, scopes, tenant, name } = old
      const key = { keyId: next.keyId, role, scopes, tenant, name, createdBy: 'bob', rotatedFrom: old.keyId }
      expect(rotated).toMatchObject({ kind: 'rotated', key: { ...key, expiresAt: null, revokedAt: null } })
      expect((await keys.find(next.keyId))?.secretSha256).toBe(next.secretSha256)
      const ends = (await keys.find(old.keyId))?.key.expiresAt ?? 0
      expect(Math.abs(ends - Date.now() - 60_000)).toBeLessThan(30_000)
    })

    it('gives the next key as long a life as the old one had, and never lengthens the old one', async () => {
      const keys = await open()
      const old = await keys.create(aKey({ expiresAt: Date.now() + 3_600_000 }))
      const rotated = await keys.rotate(aRotation(old.keyId, { graceMs: 999_000_000 }))
      const life = (old.expiresAt ?? 0) - old.createdAt
      const key = rotated.kind === 'rotated' ? rotated.key : undefined
      expect((key?.expiresAt ?? 0) - (key?.createdAt ?? 0)).toBeCloseTo(life, -2)
      expect((await keys.find(old.keyId))?.key.expiresAt).toBe(old.expiresAt)
    })

    it('replaces a key once: two at a time are live at most', async () => {
      const keys = await open()
      const { keyId: first } = await keys.create(aKey())
      const many = await Promise.all(Array.from({ length: 8 }, () => keys.rotate(aRotation(first))))
      const next = many.flatMap((rotated) => (rotated.kind === 'rotated' ? [rotated.key.keyId] : []))
      expect([next.length, many.filter(({ kind }) => kind === 'spent').length]).toEqual([1, 7])
      const [second = ''] = next
      expect(await keys.rotate(aRotation(second))).toMatchObject({ kind: 'rotated' })
      expect((await keys.find(first))?.key.revokedAt).toBeGreaterThan(0)
      expect((await keys.find(second))?.key.revokedAt).toBeNull()
    })

    it('does not replace a key that is revoked, expired, unknown, or of another tenant', async () => {
      const keys = await open()
      const revoked = await keys.create(aKey())
      await keys.revoke(revoked.keyId)
      const expired = await keys.create(aKey({ expiresAt: Date.now() - 60_000 }))
      const live = await keys.create(aKey())
      expect(await keys.rotate(aRotation(revoked.keyId))).toEqual({ kind: 'spent' })
      expect(await keys.rotate(aRotation(expired.keyId))).toEqual({ kind: 'spent' })
      expect(await keys.rotate(aRotation('nobody'))).toEqual({ kind: 'missing' })
      expect(await keys.rotate({ ...aRotation(live.keyId), tenant: 'somebody-else' })).toEqual({ kind: 'missing' })
      expect((await keys.find(live.keyId))?.key.expiresAt).toBeNull()
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
