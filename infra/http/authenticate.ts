import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { KeyStore } from '../ports/key-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import { hashSecret, parseApiKey } from './api-key.ts'
import { createFailureLimiter } from './failure-limiter.ts'
import type { Rights } from './permissions.ts'
import { RequestError } from './request-error.ts'

/** On whose behalf a request acts. */
export interface Principal extends Rights {
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

/**
 * Who is asking?
 * @param address of the client: failures are counted by it
 * @throws RequestError UNAUTHENTICATED, TOO_MANY_FAILURES @throws UnavailableError when keys cannot be looked up
 */
export type Authenticate = (authorization: string | undefined, address: string) => Promise<Principal>

/** Why a key was refused, as it is counted. */
type Refusal = 'missing' | 'malformed' | 'unknown' | 'revoked' | 'expired' | 'too_many'

const REFUSALS: Readonly<Record<Exclude<Refusal, 'too_many'>, string>> = {
  missing: 'an API key is needed: `Authorization: Bearer <key>`',
  malformed: 'this is not an API key',
  unknown: 'this API key is not known',
  revoked: 'this API key has been revoked',
  expired: 'this API key has expired',
}

const refusal = (reason: Exclude<Refusal, 'too_many'>): RequestError =>
  new RequestError('UNAUTHENTICATED', REFUSALS[reason], { headers: { 'www-authenticate': 'Bearer realm="muster"' } })

const tooMany = (waitMs: number): RequestError =>
  new RequestError('TOO_MANY_FAILURES', 'too many wrong API keys came from this address', {
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  })

const wornOut = (waitMs: number): RequestError =>
  new RequestError('TOO_MANY_FAILURES', 'this API key is no longer good, and is sent again and again', {
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  })

const sameHash = (a: string, b: string): boolean => {
  const left = Buffer.from(a, 'hex')
  const right = Buffer.from(b, 'hex')
  return left.length === right.length && timingSafeEqual(left, right)
}

/** What the store said of a key: is it this one, and may it still be used? */
const judge = (found: Found, hash: string, now: number): Exclude<Refusal, 'too_many'> | undefined => {
  const proven = sameHash(hash, found?.secretSha256 ?? NO_SUCH_SECRET)
  if (!found || !proven) return 'unknown'
  if (found.key.revokedAt !== null) return 'revoked'
  return found.key.expiresAt !== null && found.key.expiresAt <= now ? 'expired' : undefined
}

interface AuthenticateDeps {
  readonly keys: Pick<KeyStore, 'find' | 'touch'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'count'>
}

/** Keys as the store knows them, each asked for once in 30 s. */
const createKeyCache = ({ keys, clock, log }: AuthenticateDeps) => {
  const cache = new Map<string, { readonly found: Promise<Found>; readonly until: number }>()

  const load = async (keyId: string): Promise<Found> => {
    const found = await keys.find(keyId)
    if (found)
      keys.touch(keyId).catch((error: unknown) => log.warn({ keyId, error }, 'day of last use could not be kept'))
    return found
  }

  // The promise is cached, not its answer: a burst of requests with a new key asks the store once.
  return (keyId: string): Promise<Found> => {
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
}

/**
 * Check `Authorization: Bearer <key>`. Junk is refused by its checksum without a look-up; what the store answered, also
 * that it knows no such key, is believed for 30 s. An address that has sent too many wrong keys is not heard for a while,
 * except with a key that was right before: a neighbour behind the same address goes on. Whoever sends a key that was
 * revoked or has expired guesses nothing: that is held against the key, not against all who share his address.
 */
export const createAuthenticate = (deps: AuthenticateDeps): Authenticate => {
  const { clock, metrics } = deps
  const lookUp = createKeyCache(deps)
  const failures = createFailureLimiter(clock)
  /** by key id; only with the right secret does one get here, so that nobody else learns or does anything by it */
  const worn = createFailureLimiter(clock)
  /** secrets that were right, hashed: by them a look-up is worth its while whatever the address did */
  const proven = new Map<string, string>()

  const counted = (reason: Refusal, error: RequestError): RequestError => {
    metrics.count('keys_refused', { reason })
    return error
  }
  const remember = (keyId: string, hash: string): void => {
    if (proven.get(keyId) === hash) return
    const [oldest] = proven.size >= MAX_CACHED ? proven.keys() : []
    if (oldest !== undefined) proven.delete(oldest)
    proven.set(keyId, hash)
  }

  const failed = (address: string, reason: Exclude<Refusal, 'too_many'>): RequestError => {
    failures.failed(address)
    return counted(reason, refusal(reason))
  }
  const spent = (keyId: string, reason: 'revoked' | 'expired'): RequestError => {
    const waitMs = worn.waitMs(keyId)
    if (waitMs > 0) return counted('too_many', wornOut(waitMs))
    worn.failed(keyId)
    return counted(reason, refusal(reason))
  }
  const mustBeHeard = (address: string): void => {
    const waitMs = failures.waitMs(address)
    if (waitMs > 0) throw counted('too_many', tooMany(waitMs))
  }

  return async (authorization, address) => {
    // No key at all costs nothing and is no guess.
    if (authorization === undefined) throw counted('missing', refusal('missing'))
    const parts = parseApiKey(BEARER.exec(authorization)?.[1] ?? '')
    const hash = hashSecret(parts?.secret ?? '')
    const trusted = parts !== undefined && sameHash(proven.get(parts.keyId) ?? '', hash)
    if (!trusted) mustBeHeard(address)
    if (!parts) throw failed(address, 'malformed')
    const found = await lookUp(parts.keyId)
    const reason = judge(found, hash, clock.now())
    if (reason !== undefined || !found) {
      if (trusted) proven.delete(parts.keyId)
      if (reason === 'revoked' || reason === 'expired') throw spent(parts.keyId, reason)
      throw failed(address, reason ?? 'unknown')
    }
    remember(parts.keyId, hash)
    const { tenant, keyId, role, scopes } = found.key
    return { tenant, keyId, role, scopes }
  }
}
