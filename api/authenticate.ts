import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../infra/ports/clock.ts'
import type { KeyStore } from '../infra/ports/key-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import { hashSecret, parseApiKey } from './api-key.ts'
import { RequestError } from './request-error.ts'

/** On whose behalf a request acts. */
export interface Principal {
  readonly tenant: string
  /** public half of the key, safe to log */
  readonly keyId: string
}

/** A revoked key works at most this much longer. */
export const KEY_CACHE_MS = 30_000
/** Bounds the memory that guesses of key ids can take. */
const MAX_CACHED = 10_000

const BEARER = /^Bearer +([^\s]+)$/i
/** Compared with when the key id is unknown, so that knowing an id cannot be told from the time an answer takes. */
const NO_SUCH_SECRET = '0'.repeat(64)

type Found = Awaited<ReturnType<KeyStore['find']>>

/** Who is asking? @throws RequestError UNAUTHENTICATED @throws UnavailableError when keys cannot be looked up */
export type Authenticate = (authorization: string | undefined) => Promise<Principal>

const refuse = (message: string): RequestError =>
  new RequestError('UNAUTHENTICATED', message, { headers: { 'www-authenticate': 'Bearer realm="muster"' } })

const sameHash = (a: string, b: string): boolean => {
  const left = Buffer.from(a, 'hex')
  const right = Buffer.from(b, 'hex')
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * Check `Authorization: Bearer <key>`. Junk is refused by its checksum without a look-up; what the store answered, also
 * that it knows no such key, is believed for 30 s.
 */
export const createAuthenticate = ({
  keys,
  clock,
  log,
}: {
  readonly keys: Pick<KeyStore, 'find' | 'touch'>
  readonly clock: Clock
  readonly log: Logger
}): Authenticate => {
  const cache = new Map<string, { readonly found: Promise<Found>; readonly until: number }>()

  const load = async (keyId: string): Promise<Found> => {
    const found = await keys.find(keyId)
    if (found)
      keys.touch(keyId).catch((error: unknown) => log.warn({ keyId, error }, 'day of last use could not be kept'))
    return found
  }

  // The promise is cached, not its answer: a burst of requests with a new key asks the store once.
  const lookUp = (keyId: string): Promise<Found> => {
    const cached = cache.get(keyId)
    if (cached && clock.monotonic() < cached.until) return cached.found
    const found = load(keyId)
    cache.delete(keyId)
    const [oldest] = cache.size >= MAX_CACHED ? cache.keys() : []
    if (oldest !== undefined) cache.delete(oldest)
    const entry = { found, until: clock.monotonic() + KEY_CACHE_MS }
    cache.set(keyId, entry)
    found.catch(() => {
      if (cache.get(keyId) === entry) cache.delete(keyId)
    })
    return found
  }

  return async (authorization) => {
    if (authorization === undefined) throw refuse('an API key is needed: `Authorization: Bearer <key>`')
    const parts = parseApiKey(BEARER.exec(authorization)?.[1] ?? '')
    if (!parts) throw refuse('this is not an API key')
    const found = await lookUp(parts.keyId)
    const proven = sameHash(hashSecret(parts.secret), found?.secretSha256 ?? NO_SUCH_SECRET)
    if (!found || !proven) throw refuse('this API key is not known')
    if (found.key.revokedAt !== null) throw refuse('this API key has been revoked')
    if (found.key.expiresAt !== null && found.key.expiresAt <= clock.now()) throw refuse('this API key has expired')
    return { tenant: found.key.tenant, keyId: found.key.keyId }
  }
}
