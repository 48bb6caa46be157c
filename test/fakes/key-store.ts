import { hashSecret, makeApiKey } from '../../infra/http/api-key.ts'
import type { ApiKey, KeyStore, Rotated } from '../../infra/ports/key-store.ts'

/** A key store in memory, for unit tests. Passes the port's contract suite. */
export interface MemoryKeyStore extends KeyStore {
  /** how often a key was looked up */
  lookUpCount(): number
}

/** @param now epoch ms */
export const createMemoryKeyStore = (now: () => number = Date.now): MemoryKeyStore => {
  const keys = new Map<string, { key: ApiKey; readonly secretSha256: string }>()
  let lookUpCount = 0
  const change = (keyId: string, changes: Partial<ApiKey>): void => {
    const stored = keys.get(keyId)
    if (stored) stored.key = { ...stored.key, ...changes }
  }
  const within = (keyId: string, tenant: string | undefined): ApiKey | undefined => {
    const key = keys.get(keyId)?.key
    return tenant === undefined || key?.tenant === tenant ? key : undefined
  }
  const lives = ({ revokedAt, expiresAt }: ApiKey): boolean =>
    revokedAt === null && (expiresAt === null || expiresAt > now())
  return {
    lookUpCount: () => lookUpCount,
    async create({ secretSha256, ...given }) {
      const key = { ...given, rotatedFrom: null, createdAt: now(), revokedAt: null, lastUsedAt: null }
      keys.set(key.keyId, { key, secretSha256 })
      return key
    },
    async find(keyId) {
      lookUpCount += 1
      const stored = keys.get(keyId)
      return stored && { ...stored }
    },
    list: async (tenant) =>
      [...keys.values()].map(({ key }) => key).filter((key) => tenant === undefined || key.tenant === tenant),
    async rotate({ from, tenant, next, graceMs }): Promise<Rotated> {
      const old = within(from, tenant)
      if (!old) return { kind: 'missing' }
      const succeeded = [...keys.values()].some(({ key }) => key.rotatedFrom === from)
      if (succeeded || !lives(old)) return { kind: 'spent' }
      change(from, { expiresAt: Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, now() + graceMs) })
      const before = old.rotatedFrom === null ? undefined : keys.get(old.rotatedFrom)?.key
      if (before && lives(before)) change(before.keyId, { revokedAt: now() })
      const expiresAt = old.expiresAt === null ? null : now() + old.expiresAt - old.createdAt
      const { secretSha256, ...named } = next
      const key = { ...old, ...named, expiresAt, rotatedFrom: from, createdAt: now(), lastUsedAt: null }
      keys.set(key.keyId, { key, secretSha256 })
      return { kind: 'rotated', key }
    },
    async revoke(keyId, tenant) {
      const open = within(keyId, tenant)?.revokedAt === null
      if (open) change(keyId, { revokedAt: now() })
      return open
    },
    async touch(keyId) {
      change(keyId, { lastUsedAt: new Date(now()).setUTCHours(0, 0, 0, 0) })
    },
  }
}

/** Make a key and store it; an admin's unless told. @returns the text a caller sends */
export const addKey = async (keys: KeyStore, overrides: Partial<ApiKey> = {}): Promise<string> => {
  const { key, keyId, secret } = makeApiKey((byteCount) => crypto.getRandomValues(new Uint8Array(byteCount)))
  const { tenant = 'acme', name = 'test', role = 'admin', scopes = [], createdBy = null, expiresAt = null } = overrides
  await keys.create({ keyId, tenant, name, role, scopes, createdBy, expiresAt, secretSha256: hashSecret(secret) })
  return key
}
