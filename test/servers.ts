import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Client } from 'pg'
import { withFolderLock } from '../infra/local/lock.ts'
import { ensurePackages } from '../infra/local/packages.ts'
import { identify } from '../infra/local/process.ts'
import { addVhost, deleteVhost } from '../infra/local/rabbitmqctl.ts'
import { SERVER_NAMES } from '../infra/local/server-kind.ts'
import { startServers } from '../infra/local/servers.ts'
import { withClient } from './fixtures/with-client.ts'

/**
 * Private servers for the tests, kept running between runs (`./muster test --stop-servers` ends them). They are
 * throw-away: PostgreSQL runs without fsync. Each run gets a database, a virtual host and a Redis database of its own,
 * so runs side by side never meet; variables of the caller's environment are not used, so no test touches his servers.
 */
const DIR = join(import.meta.dirname, '..', '.muster', 'test')
/** The range of Redis database numbers, see infra/local/redis.ts; 0 is left to people who look around. */
const REDIS_DATABASES = 1023

interface Run {
  readonly name: string
  readonly adminUrl: string
  readonly redisUrl: string
}

/** Projects of one vitest process share one set: the first sets up, the last tears down. */
interface Shared {
  users: number
  run: Promise<Run>
}
const KEY = Symbol.for('muster.test.servers')
const shared = globalThis as { [KEY]?: Shared }

const dropRun = async (client: Client, name: string): Promise<void> => {
  await deleteVhost(DIR, name).catch(() => {})
  await client.query(`drop database if exists "${name}" with (force)`)
}

/** Runs carry their process in their name, so that what a killed run left behind can be told and removed. */
const runName = (): string => {
  const ticks = identify(process.pid)?.startedAt.split(':').at(-1) ?? '0'
  return `muster_test_${process.pid}_${ticks}_${randomBytes(3).toString('hex')}`
}

const isDead = (name: string): boolean => {
  const [, pid, ticks] = /^muster_test_(\d+)_(\d+)_/.exec(name) ?? []
  return pid !== undefined && identify(Number(pid))?.startedAt.split(':').at(-1) !== ticks
}

const withPath = (url: string, path: string): string => {
  const parsed = new URL(url)
  parsed.pathname = `/${path}`
  return parsed.href
}

const open = (): Promise<Run> =>
  withFolderLock(DIR, 'test-set', async () => {
    mkdirSync(join(DIR, 'logs'), { recursive: true })
    await ensurePackages(SERVER_NAMES, join(DIR, 'logs', 'install.log'), (line) => console.error(line))
    const { postgres, rabbitmq, redis } = await startServers(DIR, { throwAway: true })
    if (!postgres || !rabbitmq || !redis) throw new Error('a test server is missing')
    const name = runName()
    await withClient(postgres.url, async (client) => {
      const { rows } = await client.query<{ datname: string }>('select datname from pg_database')
      for (const { datname } of rows) if (isDead(datname)) await dropRun(client, datname)
      await Promise.all([client.query(`create database "${name}"`), addVhost(DIR, name)])
    })
    const redisUrl = withPath(redis.url, String(1 + (randomBytes(4).readUInt32LE() % REDIS_DATABASES)))
    process.env.DATABASE_URL = withPath(postgres.url, name)
    process.env.RABBITMQ_URL = withPath(rabbitmq.url, name)
    process.env.REDIS_URL = redisUrl
    return { name, adminUrl: postgres.url, redisUrl }
  })

const close = async ({ name, adminUrl, redisUrl }: Run): Promise<void> => {
  const cache = new Redis(redisUrl, { maxRetriesPerRequest: 1 })
  cache.on('error', () => {})
  await cache.flushdb().catch(() => {})
  cache.disconnect()
  await withClient(adminUrl, (client) => dropRun(client, name)).catch(() => {})
}

/** vitest's global set-up. @returns the teardown */
export const setup = async (): Promise<() => Promise<void>> => {
  shared[KEY] ??= { users: 0, run: open() }
  const set = shared[KEY]
  set.users += 1
  const run = await set.run
  return async () => {
    set.users -= 1
    if (set.users > 0) return
    delete shared[KEY]
    await close(run)
  }
}
