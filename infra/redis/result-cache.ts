import { Redis } from 'ioredis'
import type { Job } from '../domain/job.ts'
import type { Logger } from '../ports/logger.ts'
import type { ResultCache } from '../ports/result-cache.ts'
import { firstAddress, followAddress, type RedisAddress } from './follow-address.ts'

export interface RedisCacheOptions {
  readonly url: RedisAddress
  readonly log: Logger
  /** how long a finished job is kept, in ms */
  readonly ttlMs: number
}

/** A cache must never cost more than the database it spares: past this the row is read instead. */
const COMMAND_TIMEOUT_MS = 100
const RECONNECT_MAX_MS = 5_000

const cacheKey = (tenant: string, id: string): string => `muster:job:${tenant}:${id}`

/** In place of a job that was erased; no JSON, so every look at it is a miss. */
const GRAVE = ''
const NO_INPUT: Job['input'] = { pictures: [], options: {} }

/** Somebody else may write into the same Redis: what is not ours is a miss. */
const parse = (text: string): Job | undefined => {
  try {
    return JSON.parse(text) as Job
  } catch {
    return undefined
  }
}

/**
 * Finished jobs in Redis. No call waits for a missing server: nothing is queued while offline, nothing is retried.
 * The library's defaults would hold a caller for twenty reconnects.
 */
export const openResultCache = ({ url, log, ttlMs }: RedisCacheOptions): ResultCache & { close(): Promise<void> } => {
  const redis = new Redis(firstAddress(url), {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: 2_000,
    enableAutoPipelining: true,
    retryStrategy: (times) => Math.min(times * 200, RECONNECT_MAX_MS),
  })
  followAddress(redis, url)
  let wasReady = false
  redis.on('ready', () => {
    wasReady = true
    log.info({}, 'result cache connected')
  })
  redis.on('close', () => {
    if (wasReady) log.warn({}, 'result cache lost; reading from the database')
    wasReady = false
  })
  // Every failed reconnect raises one; the close above has said it once.
  redis.on('error', () => {})

  return {
    async put(job) {
      const outcome = JSON.stringify({ ...job, input: NO_INPUT })
      // Only where nothing is: a job ends once, and what was buried stays so.
      await redis.set(cacheKey(job.tenant, job.id), outcome, 'PX', ttlMs, 'NX').catch(() => {})
    },
    async get(tenant, id) {
      const text = await redis.get(cacheKey(tenant, id)).catch(() => null)
      return text === null ? undefined : parse(text)
    },
    async bury(tenant, id) {
      // As long as an entry lives: a put that is later than that has timed out long before.
      return redis.set(cacheKey(tenant, id), GRAVE, 'PX', ttlMs).then(
        () => true,
        () => false,
      )
    },
    healthy: () => redis.status === 'ready',
    async close() {
      redis.disconnect()
    },
  }
}

/** Where no Redis is configured: every look-up is a miss. */
export const noResultCache: ResultCache & { close(): Promise<void> } = {
  put: async () => {},
  get: async () => undefined,
  bury: async () => true,
  healthy: () => true,
  close: async () => {},
}
