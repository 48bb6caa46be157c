import type { Role } from '../domain/role.ts'
import type { TaskName } from '../domain/task.ts'

export interface ApiKey {
  /** the public half, safe to log */
  readonly keyId: string
  readonly tenant: string
  readonly name: string
  readonly role: Role
  /** the tasks it is limited to; empty = all */
  readonly scopes: readonly TaskName[]
  /** a key id, or `cli:` and the name of a user; null = not known */
  readonly createdBy: string | null
  /** the key whose place it took */
  readonly rotatedFrom: string | null
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** day of last use, epoch ms */
  readonly lastUsedAt: number | null
}

/** A key to be stored: everything but what the store itself says of it. */
export type NewApiKey = Pick<ApiKey, 'keyId' | 'tenant' | 'name' | 'role' | 'scopes' | 'createdBy' | 'expiresAt'> & {
  readonly secretSha256: string
}

/** A key that takes the place of another. */
export interface KeyRotation {
  /** the key to be replaced */
  readonly from: string
  /** only if the key is of this tenant; undefined = of any */
  readonly tenant?: string | undefined
  readonly next: Pick<NewApiKey, 'keyId' | 'secretSha256' | 'createdBy'>
  /** how much longer the old key works, in ms */
  readonly graceMs: number
}

/**
 * - `rotated`: `key` has the rights of the old one, and as long a life if that was limited
 * - `spent`: revoked, expired, or rotated before
 */
export type Rotated = { readonly kind: 'rotated'; readonly key: ApiKey } | { readonly kind: 'spent' | 'missing' }

/** API keys. Only the hash of a secret is stored. Calls with a tenant reach that tenant's keys only. @throws UnavailableError */
export interface KeyStore {
  create(key: NewApiKey): Promise<ApiKey>
  /** the key and the hash of its secret, also when revoked or expired; undefined = unknown */
  find(keyId: string): Promise<{ readonly key: ApiKey; readonly secretSha256: string } | undefined>
  list(tenant?: string): Promise<readonly ApiKey[]>
  /**
   * Replace a key in one step. Never more than two of a line live: the predecessor of the replaced key, should it still
   * be in its grace, is revoked.
   */
  rotate(rotation: KeyRotation): Promise<Rotated>
  /** false = unknown or already revoked */
  revoke(keyId: string, tenant?: string): Promise<boolean>
  touch(keyId: string): Promise<void>
}
