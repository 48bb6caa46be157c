import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LocalServerFailedError } from '../../../../infra/local/errors.ts'
import { isFree } from '../../../../infra/local/ports.ts'
import { isAlive, signal, until } from '../../../../infra/local/process.ts'
import { inspectServer, type RunningServer, startServer, stopServer } from '../../../../infra/local/server.ts'
import { SERVER_NAMES, type ServerName, type ServerState } from '../../../../infra/local/server-kind.ts'
import { inspectServers, KINDS, startServers, stopServers } from '../../../../infra/local/servers.ts'
import { readState } from '../../../../infra/local/state-file.ts'

const dirs: string[] = []
let dir: string

const makeDir = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'muster local '))
  // As in a checkout: root's PostgreSQL runs as another user who must pass through.
  chmodSync(made, 0o755)
  dirs.push(made)
  return made
}

beforeEach(() => {
  dir = makeDir()
})
afterEach(async () => {
  for (const made of dirs.splice(0)) {
    await stopServers(made)
    rmSync(made, { recursive: true, force: true })
  }
})

const query = async (url: string, text: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(text)
    return rows.map((row) => Object.values(row)[0])
  } finally {
    await client.end()
  }
}

const withChannel = async <T>(url: string, work: (channel: import('amqplib').ConfirmChannel) => Promise<T>) => {
  const connection = await connect(url)
  try {
    return await work(await connection.createConfirmChannel())
  } finally {
    await connection.close()
  }
}

/** Something that must still be there after a restart. */
const keep: Readonly<Record<'postgres' | 'rabbitmq', (url: string) => Promise<void>>> = {
  async postgres(url) {
    await query(url, 'create table kept (name text)')
    await query(url, `insert into kept values ('a row')`)
  },
  rabbitmq: (url) =>
    withChannel(url, async (channel) => {
      await channel.assertQueue('kept', { durable: true, arguments: { 'x-queue-type': 'quorum' } })
      channel.sendToQueue('kept', Buffer.from('a message'), { persistent: true })
      await channel.waitForConfirms()
    }),
}
const kept: Readonly<Record<'postgres' | 'rabbitmq', (url: string) => Promise<unknown>>> = {
  postgres: async (url) => (await query(url, 'select name from kept'))[0],
  rabbitmq: (url) =>
    withChannel(url, async (channel) => {
      const message = await channel.get('kept', { noAck: true })
      return message === false ? undefined : message.content.toString()
    }),
}

const killHard = async ({ process }: RunningServer): Promise<void> => {
  signal(process, 'SIGKILL')
  await until(() => !isAlive(process), 60_000)
}

describe.each(['postgres', 'rabbitmq'] as const)('private %s', (name) => {
  it('keeps its data, password and port over a stop, and over a kill', async () => {
    const first = await startServer(KINDS[name], dir)
    expect(first.started).toBe(true)
    await keep[name](first.url)

    expect(await stopServer(KINDS[name], dir)).toBe('stopped')
    expect(isAlive(first.process)).toBe(false)
    const second = await startServer(KINDS[name], dir)
    expect(second.url).toBe(first.url)

    await killHard(second)
    expect(await inspectServer(KINDS[name], dir)).toMatchObject({ state: 'stopped', pid: null })
    const third = await startServer(KINDS[name], dir)
    expect(third).toMatchObject({ url: first.url, started: true })
    expect(await kept[name](third.url)).toMatch(/^a (row|message)$/)
  })
})

describe('a private server', () => {
  it('is found running by a second start, also one at the same time', async () => {
    const [one, two] = await Promise.all([startServer(KINDS.redis, dir), startServer(KINDS.redis, dir)])
    const three = await startServer(KINDS.redis, dir)
    expect([one.started, two.started].sort()).toEqual([false, true])
    expect(three).toEqual({ ...one, started: false })
  })

  it('moves to another port when its own was taken meanwhile', async () => {
    const before = await startServer(KINDS.redis, dir)
    const { port } = new URL(before.url)
    await stopServer(KINDS.redis, dir)
    const thief = createServer().listen(Number(port), '127.0.0.1')
    await once(thief, 'listening')
    try {
      const after = await startServer(KINDS.redis, dir)
      expect(new URL(after.url).port).not.toBe(port)
      expect(new URL(after.url).password).toBe(new URL(before.url).password)
    } finally {
      thief.close()
    }
  })

  it('refuses a wrong password', async () => {
    const { redis, postgres } = await startServers(dir, { names: ['redis', 'postgres'] })
    const stranger = new Redis(Number(new URL(redis?.url ?? '').port), '127.0.0.1', { retryStrategy: () => null })
    stranger.on('error', () => {})
    await expect(stranger.ping()).rejects.toThrow(/NOAUTH/)
    stranger.disconnect()
    const wrong = new URL(postgres?.url ?? '')
    wrong.password = 'wrong'
    await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/)
  })

  it('keeps passwords in files that only their owner may read, and off every command line', async () => {
    const { redis } = await startServers(dir, { names: ['redis'] })
    const { password } = new URL(redis?.url ?? '')
    for (const file of ['redis/server.json', 'redis/redis.conf', 'logs/redis.log'])
      expect(statSync(join(dir, file)).mode & 0o077).toBe(0)
    expect(readFileSync(`/proc/${redis?.process.pid}/cmdline`, 'utf8')).not.toContain(password)
  })

  it('says in one sentence why it did not start, and where its log is', async () => {
    await startServer(KINDS.postgres, dir)
    await stopServer(KINDS.postgres, dir)
    const { dataDir = '' } = readState<ServerState>(join(dir, 'postgres', 'server.json')) ?? {}
    rmSync(join(dataDir, 'global', 'pg_control'))
    const failure = await startServer(KINDS.postgres, dir).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(LocalServerFailedError)
    const { message, logPath } = failure as LocalServerFailedError
    expect(message).toMatch(/^PostgreSQL did not start: exit code \d+; .*could not.* \(log: .*postgres\.log\)$/)
    expect(existsSync(logPath)).toBe(true)
  })

  it('starts although its pid file names a process that is somebody else’s now', async () => {
    const { process: server } = await startServer(KINDS.postgres, dir)
    signal(server, 'SIGKILL')
    await until(() => !isAlive(server), 60_000)
    const { dataDir = '' } = readState<ServerState>(join(dir, 'postgres', 'server.json')) ?? {}
    const path = join(dataDir, 'postmaster.pid')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^\d+/, String(process.pid)))
    expect(await startServer(KINDS.postgres, dir)).toMatchObject({ started: true })
  })

  it('of a copied folder starts beside the original instead of touching it', async () => {
    const original = await startServer(KINDS.postgres, dir)
    await keep.postgres(original.url)
    await stopServer(KINDS.postgres, dir)
    const copy = makeDir()
    execFileSync('cp', ['-a', `${dir}/.`, copy])
    const running = await startServer(KINDS.postgres, dir)
    const beside = await startServer(KINDS.postgres, copy)
    expect(await kept.postgres(beside.url)).toBe('a row')
    await stopServer(KINDS.postgres, copy)
    expect(isAlive(running.process)).toBe(true)
  })
})

describe('two stacks side by side', () => {
  it('share nothing, and stopping one leaves the other', async () => {
    const other = makeDir()
    const [here, there] = await Promise.all([startServers(dir), startServers(other)])
    const ports = (servers: typeof here) => SERVER_NAMES.map((name) => new URL(servers[name]?.url ?? '').port)
    expect(new Set([...ports(here), ...ports(there)]).size).toBe(6)

    const { ports: brokerPorts = {} } = readState<ServerState>(join(dir, 'rabbitmq', 'server.json')) ?? {}
    expect(await stopServers(dir)).toEqual(SERVER_NAMES)
    // The name server that RabbitMQ needs went with it.
    expect(await isFree(brokerPorts.epmd ?? 0)).toBe(true)
    expect(await stopServers(dir)).toEqual([])
    const states = async (of: string): Promise<Record<ServerName, string>> =>
      Object.fromEntries((await inspectServers(of)).map(({ name, state }) => [name, state])) as Record<
        ServerName,
        string
      >
    expect(await states(dir)).toEqual({ postgres: 'stopped', rabbitmq: 'stopped', redis: 'stopped' })
    expect(await states(other)).toEqual({ postgres: 'running', rabbitmq: 'running', redis: 'running' })
  })
})
