import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { SYSTEM_PATH } from './process.ts'
import type { ServerKind, ServerState, Site } from './server-kind.ts'

const ANSWER_TIMEOUT_MS = 2_000
/** Results live here for minutes; a cache that is full drops its oldest rather than refusing. */
const MAX_MEMORY = '256mb'
/** Room for many test runs side by side, one database each. */
const DATABASE_COUNT = 1024

const port = ({ ports }: ServerState): number => ports.redis ?? 0

const configure = ({ dir, state }: Site): string =>
  [
    'bind 127.0.0.1',
    `port ${port(state)}`,
    `requirepass ${state.password}`,
    `dir ${JSON.stringify(dir)}`,
    `databases ${DATABASE_COUNT}`,
    `maxmemory ${MAX_MEMORY}`,
    'maxmemory-policy allkeys-lru',
    'daemonize no',
    'save ""',
    'appendonly no',
    '',
  ].join('\n')

/** A private Redis: a cache only, so nothing of it is kept on disk. */
export const redis: ServerKind = {
  name: 'redis',
  title: 'Redis',
  portNames: ['redis'],
  stopSignal: 'SIGTERM',
  startTimeoutMs: 15_000,
  stopTimeoutMs: 10_000,
  url: (state) => `redis://:${state.password}@127.0.0.1:${port(state)}`,
  async prepare(site) {
    // In a file of mode 0600: arguments can be read by every user of the machine.
    writeFileSync(join(site.dir, 'redis.conf'), configure(site), { mode: 0o600 })
    return {}
  },
  helpers: () => [],
  command: ({ dir, logPath }) => ({
    program: 'redis-server',
    args: [join(dir, 'redis.conf')],
    env: { PATH: SYSTEM_PATH, LANG: 'C.UTF-8' },
    cwd: dir,
    logPath,
  }),
  async answers(url) {
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: ANSWER_TIMEOUT_MS,
      commandTimeout: ANSWER_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.ping()) === 'PONG'
    } catch {
      return false
    } finally {
      client.disconnect()
    }
  },
}
