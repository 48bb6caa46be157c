import { Redis } from 'ioredis'
import { UnavailableError } from '../domain/errors.ts'

const TIMEOUT_MS = 2_000

/** Which Redis answers? @throws UnavailableError */
export const redisVersion = async (url: string): Promise<string> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    retryStrategy: () => null,
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'
  } catch (error) {
    throw new UnavailableError('redis', error)
  } finally {
    redis.disconnect()
  }
}
