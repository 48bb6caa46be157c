import type { Role } from '../infra/domain/role.ts'
import type { TaskName } from '../infra/domain/task.ts'
import { hashSecret, makeApiKey } from '../infra/http/api-key.ts'
import type { AuditEvent, AuditLog } from '../infra/ports/audit-log.ts'
import type { ApiKey, KeyStore, Rotated } from '../infra/ports/key-store.ts'

/** Who manages keys, and from where. */
export interface KeyManager {
  /** a key id, or `cli:` and the name of a user */
  readonly actor: string
  readonly channel: AuditEvent['channel']
  /** reaches this tenant's keys only; undefined = all */
  readonly tenant?: string
  readonly requestId?: string
}

/** What a new key is to be. */
export interface WantedKey {
  readonly tenant: string
  readonly name: string
  readonly role: Role
  readonly scopes: readonly TaskName[]
  /** epoch ms; null = never */
  readonly expiresAt: number | null
}

/** A key as it is told, once. */
export interface IssuedKey {
  readonly key: string
  readonly made: ApiKey
}

type RotatedKey = ({ readonly kind: 'rotated' } & IssuedKey) | { readonly kind: Exclude<Rotated['kind'], 'rotated'> }

/** What can be done with keys; each is on the audit trail before it is done. */
export interface ManageKeys {
  create(by: KeyManager, wanted: WantedKey): Promise<IssuedKey>
  list(by: KeyManager): Promise<readonly ApiKey[]>
  /** @param graceMs how much longer the old key works */
  rotate(by: KeyManager, from: string, graceMs: number): Promise<RotatedKey>
  /** false = unknown or already revoked */
  revoke(by: KeyManager, keyId: string): Promise<boolean>
}

/** Builds the use case. @param random cryptographically strong bytes, as many as asked for */
export const createManageKeys = ({
  keys,
  audit,
  random,
}: {
  readonly keys: KeyStore
  readonly audit: AuditLog
  readonly random: (byteCount: number) => Uint8Array
}): ManageKeys => {
  const record = (by: KeyManager, event: Pick<AuditEvent, 'action' | 'target' | 'details'>, tenant?: string) => {
    const { actor, channel, requestId } = by
    const whose = tenant ?? by.tenant ?? null
    return audit.record({ actor, channel, tenant: whose, ...event, ...(requestId === undefined ? {} : { requestId }) })
  }
  /** What is not there, or not this manager's, is not on the trail: nothing happened to it. */
  const isThere = async (by: KeyManager, keyId: string): Promise<boolean> => {
    const found = await keys.find(keyId)
    return found !== undefined && (by.tenant === undefined || found.key.tenant === by.tenant)
  }
  return {
    async create(by, { tenant, name, role, scopes, expiresAt }) {
      const { key, keyId, secret } = makeApiKey(random)
      await record(by, { action: 'authn_token_created', target: keyId, details: { role, scopes, expiresAt } }, tenant)
      const row = { keyId, tenant, name, role, scopes, expiresAt, createdBy: by.actor }
      return { key, made: await keys.create({ ...row, secretSha256: hashSecret(secret) }) }
    },
    list: (by) => keys.list(by.tenant),
    async rotate(by, from, graceMs) {
      if (!(await isThere(by, from))) return { kind: 'missing' }
      const { key, keyId, secret } = makeApiKey(random)
      await record(by, { action: 'authn_token_rotated', target: from, details: { to: keyId, graceMs } })
      const next = { keyId, secretSha256: hashSecret(secret), createdBy: by.actor }
      const rotated = await keys.rotate({ from, tenant: by.tenant, next, graceMs })
      return rotated.kind === 'rotated' ? { kind: 'rotated', key, made: rotated.key } : rotated
    },
    async revoke(by, keyId) {
      if (!(await isThere(by, keyId))) return false
      await record(by, { action: 'authn_token_revoked', target: keyId })
      return keys.revoke(keyId, by.tenant)
    },
  }
}
