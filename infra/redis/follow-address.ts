import type { Redis } from 'ioredis'

/** A Redis address: a function is asked before every new connection, so that a password may change meanwhile. */
export type RedisAddress = string | (() => string)

/** The address for the first connection. */
export const firstAddress = (address: RedisAddress): string => (typeof address === 'string' ? address : address())

/** Use the present name and password for every later one. Host and port stay. */
export const followAddress = (redis: Redis, address: RedisAddress): void => {
  if (typeof address === 'string') return
  redis.on('reconnecting', () => {
    if (!URL.canParse(address())) return
    const { username, password } = new URL(address())
    redis.options.password = decodeURIComponent(password)
    if (username !== '') redis.options.username = decodeURIComponent(username)
  })
}
