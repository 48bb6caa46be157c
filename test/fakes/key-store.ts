import { hashSecret, makeApiKey } from '../../api/api-key.ts'
import type { ApiKey, KeyStore } from '../../infra/ports/key-store.ts'

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
  return {
    lookUpCount: () => lookUpCount,
    async create({ keyId, tenant, name, expiresAt, secretSha256 }) {
      const key = { keyId, tenant, name, expiresAt, createdAt: now(), revokedAt: null, lastUsedAt: null }
      keys.set(keyId, { key, secretSha256 })
      return key
    },
    async find(keyId) {
      lookUpCount += 1
      const stored = keys.get(keyId)
      return stored && { ...stored }
    },
    list: async (tenant) =>
      [...keys.values()].map(({ key }) => key).filter((key) => tenant === undefined || key.tenant === tenant),
    async revoke(keyId) {
      const open = keys.get(keyId)?.key.revokedAt === null
      if (open) change(keyId, { revokedAt: now() })
      return open
    },
    async touch(keyId) {
      change(keyId, { lastUsedAt: new Date(now()).setUTCHours(0, 0, 0, 0) })
    },
  }
}

/** Make a key and store it. @returns the text a caller sends */
export const addKey = async (keys: KeyStore, overrides: Partial<ApiKey> = {}): Promise<string> => {
  const { key, keyId, secret } = makeApiKey((byteCount) => crypto.getRandomValues(new Uint8Array(byteCount)))
  const { tenant = 'acme', name = 'test', expiresAt = null } = overrides
  await keys.create({ keyId, tenant, name, expiresAt, secretSha256: hashSecret(secret) })
  return key
}
