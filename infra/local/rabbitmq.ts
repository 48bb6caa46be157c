import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { folderId } from './lock.ts'
import { SYSTEM_PATH } from './process.ts'
import type { ServerKind, ServerState, Site } from './server-kind.ts'

const USER = 'muster'
/** Debian's own programs, not the wrappers in /usr/sbin: those switch to a system user and its folders. */
export const RABBITMQ_PROGRAMS = '/usr/lib/rabbitmq/bin'
const ANSWER_TIMEOUT_MS = 2_000
const GIB = 1024 ** 3
/** A laptop's share: publishers are blocked above it, long before the machine swaps. */
const MEMORY_SHARE = 0.4
const MEMORY_MAX_BYTES = GIB
const DISK_FREE_MIN = '256MB'
/** 512 MB by default, which a small disk feels. @source RabbitMQ, quorum queues, `raft.wal_max_size_bytes` */
const WAL_MAX_BYTES = 64 * 1024 * 1024

const port = (state: ServerState, name: string): number => state.ports[name] ?? 0

/** A node keeps its name for life: its data lies under it. A moved folder finds it there. */
const nodeName = (dir: string): string => {
  const data = join(dir, 'data')
  const made = existsSync(data) ? readdirSync(data).find((name) => /^muster-\w+@localhost$/.test(name)) : undefined
  return made ?? `muster-${folderId(dir)}@localhost`
}

const configure = ({ state }: Site): string =>
  [
    `listeners.tcp.local = 127.0.0.1:${port(state, 'amqp')}`,
    `default_user = ${USER}`,
    `default_pass = ${state.password}`,
    'default_user_tags.administrator = true',
    `vm_memory_high_watermark.absolute = ${Math.round(Math.min(totalmem() * MEMORY_SHARE, MEMORY_MAX_BYTES))}`,
    `disk_free_limit.absolute = ${DISK_FREE_MIN}`,
    `raft.wal_max_size_bytes = ${WAL_MAX_BYTES}`,
    'log.console = true',
    'log.console.level = info',
    'log.file = false',
    '',
  ].join('\n')

/**
 * How Erlang finds names: never by asking a name server. RabbitMQ looks up every address of the machine when it starts,
 * which takes long where that server does not answer, and has no business where there is no network.
 * @source Erlang/OTP, ERTS User's Guide, "Inet Configuration"
 */
const NAMES = '{lookup, [file]}.\n{host, {127,0,0,1}, ["localhost"]}.\n'

/**
 * Everything RabbitMQ's programs read, so that nothing of /etc or of the user's home takes part.
 * @param dir the server's folder, `<stack>/rabbitmq`
 * @source RabbitMQ, `rabbitmq-env`; Erlang/OTP, epmd and kernel(6)
 */
export const rabbitmqEnv = (dir: string, state: ServerState): Record<string, string> => ({
  PATH: SYSTEM_PATH,
  LANG: 'C.UTF-8',
  HOME: join(dir, 'home'),
  ERL_EPMD_PORT: String(port(state, 'epmd')),
  ERL_EPMD_ADDRESS: '127.0.0.1',
  ERL_CRASH_DUMP_SECONDS: '0',
  // A server that was started before there was this file goes on without it.
  ...(existsSync(join(dir, 'inetrc')) && { ERL_INETRC: join(dir, 'inetrc') }),
  RABBITMQ_NODENAME: nodeName(dir),
  RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
  RABBITMQ_NODE_PORT: String(port(state, 'amqp')),
  RABBITMQ_DIST_PORT: String(port(state, 'dist')),
  RABBITMQ_CTL_DIST_PORT_MIN: '40000',
  RABBITMQ_CTL_DIST_PORT_MAX: '59999',
  RABBITMQ_CTL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  RABBITMQ_MNESIA_BASE: join(dir, 'data'),
  RABBITMQ_LOG_BASE: join(dir, 'log'),
  RABBITMQ_LOGS: '-',
  RABBITMQ_PID_FILE: join(dir, 'pid'),
  RABBITMQ_FEATURE_FLAGS_FILE: join(dir, 'feature_flags'),
  RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
  RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
  RABBITMQ_CONFIG_FILES: join(dir, 'conf.d'),
  RABBITMQ_ADVANCED_CONFIG_FILE: join(dir, 'advanced.config'),
  RABBITMQ_CONF_ENV_FILE: '/dev/null',
  RABBITMQ_GENERATED_CONFIG_DIR: join(dir, 'generated'),
  RABBITMQ_SCHEMA_DIR: join(dir, 'schema'),
  // The start script then becomes the server instead of watching over it: the pid we know is the server's own.
  RUNNING_UNDER_SYSTEMD: 'true',
})

/** A private RabbitMQ with a private epmd. The management plugin stays off: it costs memory and seconds at start. */
export const rabbitmq: ServerKind = {
  name: 'rabbitmq',
  title: 'RabbitMQ',
  portNames: ['amqp', 'dist', 'epmd'],
  // The Erlang VM closes its applications in order, quorum queues included.
  stopSignal: 'SIGTERM',
  startTimeoutMs: 120_000,
  stopTimeoutMs: 60_000,
  url: (state) => `amqp://${USER}:${state.password}@127.0.0.1:${port(state, 'amqp')}`,
  async prepare(site) {
    const { dir } = site
    chmodSync(dir, 0o700)
    for (const name of ['home', 'data', 'log', 'conf.d', 'generated', 'schema'])
      mkdirSync(join(dir, name), { recursive: true, mode: 0o700 })
    const cookie = join(dir, 'home', '.erlang.cookie')
    if (!existsSync(cookie)) writeFileSync(cookie, randomBytes(24).toString('hex'), { mode: 0o400 })
    writeFileSync(join(dir, 'rabbitmq.conf'), configure(site), { mode: 0o600 })
    writeFileSync(join(dir, 'enabled_plugins'), '[].\n')
    writeFileSync(join(dir, 'inetrc'), NAMES)
    return {}
  },
  helpers: ({ dir, state, logPath }) => [
    {
      program: 'epmd',
      args: ['-address', '127.0.0.1', '-port', String(port(state, 'epmd'))],
      env: { PATH: SYSTEM_PATH },
      cwd: dir,
      logPath,
    },
  ],
  command: ({ dir, state, logPath }) => ({
    program: join(RABBITMQ_PROGRAMS, 'rabbitmq-server'),
    args: [],
    env: rabbitmqEnv(dir, state),
    cwd: dir,
    logPath,
  }),
  async answers(url) {
    try {
      // It listens only when booted: an open connection means ready.
      const connection = await connect(url, { timeout: ANSWER_TIMEOUT_MS })
      connection.on('error', () => {})
      // The library's own promise waits for ever when the server ends before it has answered.
      await Promise.race([connection.close(), new Promise((resolve) => connection.once('close', resolve))])
      return true
    } catch {
      return false
    }
  },
}
