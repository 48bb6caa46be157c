import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reservePorts } from '../../infra/local/ports.ts'
import { endProcess, launch, type ProcessRef, SYSTEM_PATH, signal, until } from '../../infra/local/process.ts'
import { RABBITMQ_PROGRAMS, rabbitmq, rabbitmqEnv } from '../../infra/local/rabbitmq.ts'
import type { ServerState } from '../../infra/local/server-kind.ts'

const NODE_COUNT = 3
const START_MS = 120_000
const STOP_MS = 5_000

interface Node {
  readonly name: string
  readonly dir: string
  readonly state: ServerState
  process?: ProcessRef | undefined
}

/** Quorum needs two of three; a node that finds itself alone stops serving until it has company. */
const configure = (node: Node, nodes: readonly Node[]): string =>
  [
    `listeners.tcp.local = 127.0.0.1:${node.state.ports.amqp}`,
    'default_user = muster',
    `default_pass = ${node.state.password}`,
    'default_user_tags.administrator = true',
    'vm_memory_high_watermark.absolute = 1GB',
    'disk_free_limit.absolute = 256MB',
    'log.console = true',
    'log.file = false',
    'cluster_formation.peer_discovery_backend = classic_config',
    ...nodes.map(({ name }, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}`),
    'cluster_partition_handling = pause_minority',
    '',
  ].join('\n')

/** A RabbitMQ cluster of three nodes on this machine, any of which may be killed. */
export class ChaosCluster {
  readonly #dir: string
  #nodes: readonly Node[] = []
  #epmd: ProcessRef | undefined
  #stopped = false

  constructor(dir: string) {
    this.#dir = join(dir, 'cluster')
  }

  /** of all nodes, as RABBITMQ_URL takes them */
  get urls(): string {
    return this.#nodes.map(({ state }) => rabbitmq.url(state)).join(',')
  }

  async start(): Promise<void> {
    const names = Array.from({ length: NODE_COUNT }, (_, index) => `n${index + 1}`)
    const ports = await reservePorts(['epmd', ...names.flatMap((name) => [`${name} amqp`, `${name} dist`])], {})
    const password = randomBytes(24).toString('base64url')
    this.#nodes = names.map((name) => ({
      name: `muster-${name}@localhost`,
      dir: join(this.#dir, name),
      state: {
        folder: this.#dir,
        password,
        ports: { amqp: ports[`${name} amqp`] ?? 0, dist: ports[`${name} dist`] ?? 0, epmd: ports.epmd ?? 0 },
      },
    }))
    this.#prepare()
    const logPath = join(this.#dir, 'epmd.log')
    const args = ['-address', '127.0.0.1', '-port', String(ports.epmd)]
    const env = { PATH: SYSTEM_PATH }
    this.#epmd = launch({ program: 'epmd', args, env, cwd: this.#dir, logPath }).process
    // The first one founds the cluster, so that no two of them do.
    await this.startNode(0)
    await Promise.all([this.startNode(1), this.startNode(2)])
  }

  /** Without warning. */
  kill(index: number): void {
    const ref = this.#nodes[index]?.process
    if (ref) signal(ref, 'SIGKILL')
  }

  /** Resolves when it serves. */
  async startNode(index: number): Promise<void> {
    const node = this.#nodes[index]
    if (!node || this.#stopped) return
    const logPath = join(node.dir, 'node.log')
    const program = join(RABBITMQ_PROGRAMS, 'rabbitmq-server')
    node.process = launch({ program, args: [], env: this.#envOf(node), cwd: node.dir, logPath }).process
    if (!(await until(() => rabbitmq.answers(rabbitmq.url(node.state)), START_MS, 200)))
      throw new Error(`${node.name} does not come up (log: ${logPath})`)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#nodes.map((node) => endProcess(node.process, 'SIGKILL', STOP_MS)))
    await endProcess(this.#epmd, 'SIGTERM', STOP_MS)
  }

  #envOf({ dir, name, state }: Node): Record<string, string> {
    return { ...rabbitmqEnv(dir, state), RABBITMQ_NODENAME: name, HOME: join(this.#dir, 'home') }
  }

  #prepare(): void {
    const home = join(this.#dir, 'home')
    mkdirSync(home, { recursive: true, mode: 0o700 })
    writeFileSync(join(home, '.erlang.cookie'), randomBytes(24).toString('hex'), { mode: 0o400 })
    for (const node of this.#nodes) {
      for (const name of ['data', 'log', 'conf.d', 'generated', 'schema'])
        mkdirSync(join(node.dir, name), { recursive: true, mode: 0o700 })
      writeFileSync(join(node.dir, 'rabbitmq.conf'), configure(node, this.#nodes), { mode: 0o600 })
      writeFileSync(join(node.dir, 'enabled_plugins'), '[].\n')
    }
  }
}
