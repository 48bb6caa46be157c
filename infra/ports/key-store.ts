export interface ApiKey {
  /** the public half, safe to log */
  readonly keyId: string
  readonly tenant: string
  readonly name: string
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** day of last use, epoch ms */
  readonly lastUsedAt: number | null
}

/** API keys. Only the hash of a secret is stored. @throws UnavailableError */
export interface KeyStore {
  create(
    key: Pick<ApiKey, 'keyId' | 'tenant' | 'name' | 'expiresAt'> & { readonly secretSha256: string },
  ): Promise<ApiKey>
  /** the key and the hash of its secret, also when revoked or expired; undefined = unknown */
  find(keyId: string): Promise<{ readonly key: ApiKey; readonly secretSha256: string } | undefined>
  list(tenant?: string): Promise<readonly ApiKey[]>
  /** false = unknown or already revoked */
  revoke(keyId: string): Promise<boolean>
  touch(keyId: string): Promise<void>
}
