import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Client } from 'pg'
import type { TaskName } from '../../infra/domain/task.ts'
import { freePort } from '../../infra/local/ports.ts'
import { until } from '../../infra/local/process.ts'
import { rabbitmqctl } from '../../infra/local/rabbitmqctl.ts'
import { type RunningServer, startServer, stopServer } from '../../infra/local/server.ts'
import { SERVER_NAMES, type ServerName } from '../../infra/local/server-kind.ts'
import { KINDS } from '../../infra/local/servers.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { setUpBroker } from '../../infra/rabbitmq/set-up.ts'
import { createKey } from '../../scripts/keys.ts'
import { TEST_KEYS } from '../fixtures/encryption.ts'
import { silence } from '../fixtures/silence.ts'

const POOL = 'checks'
const WORKER_COUNT = 2
/** A process may be slow to come on a machine that runs other things too. */
const START_MS = 60_000
/** The broker notices a peer that is silent, and a zombie comes back after that. */
const NODE_PATIENCE_MS = 120_000

const programOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

interface WorkerReport {
  readonly pid: number | null
  readonly phase: string
}

/** One start of the model for one picture. */
export interface Run {
  readonly pid: number
  /** the picture's size, `WxH` */
  readonly size: string
}

/** What a stack does other than for tests of faults. */
export interface FaultStackOptions {
  /** the one its workers do */
  readonly task?: TaskName
  /** file beside this one that does it */
  readonly taskModule?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Real api, node and worker processes on private servers of their own, all of which may be killed. */
export class FaultStack {
  readonly dir: string
  readonly #runsPath: string
  readonly #children = new Map<'api' | 'node', ChildProcess>()
  readonly #servers = new Map<ServerName, RunningServer>()
  #env: Record<string, string> = {}
  #ports = { api: 0, metrics: 0, node: 0 }
  key = ''
  readonly #task: TaskName
  readonly #taskModule: string
  readonly #overrides: Readonly<Record<string, string>>

  constructor({ task = 'liveness', taskModule = 'fault-task.ts', env = {} }: FaultStackOptions = {}) {
    this.#task = task
    this.#taskModule = taskModule
    this.#overrides = env
    this.dir = mkdtempSync(join(tmpdir(), 'muster-faults-'))
    chmodSync(this.dir, 0o755)
    this.#runsPath = join(this.dir, 'runs')
    writeFileSync(this.#runsPath, '')
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.api}`
  }

  async start(): Promise<void> {
    await Promise.all(SERVER_NAMES.map((name) => this.startServer(name)))
    const urlOf = (name: ServerName) => this.#servers.get(name)?.url ?? ''
    await migrate(urlOf('postgres'), silence().log)
    await setUpBroker(urlOf('rabbitmq'), [POOL])
    this.key = await createKey(urlOf('postgres'), { tenant: 'faults', name: 'faults', role: 'operator' })
    this.#ports = { api: await freePort(), metrics: await freePort(), node: await freePort() }
    const taskModule = new URL(`./${this.#taskModule}`, import.meta.url)
    taskModule.searchParams.set('runs', this.#runsPath)
    this.#env = {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: urlOf('postgres'),
      RABBITMQ_URL: urlOf('rabbitmq'),
      REDIS_URL: urlOf('redis'),
      STORAGE_URL: pathToFileURL(join(this.dir, 'pictures')).href,
      UPLOAD_SECRET: 'x'.repeat(32),
      ENCRYPTION_KEYS: TEST_KEYS,
      POOLS: `${POOL}=${this.#task}`,
      API_PUBLIC_URL: this.url,
      API_PORT: String(this.#ports.api),
      API_METRICS_PORT: String(this.#ports.metrics),
      API_SHUTDOWN_DELAY_MS: '0',
      API_DEADLINE_INTERACTIVE_MS: '600000',
      NODE_WORKERS: `${POOL}=${WORKER_COUNT}`,
      NODE_ADMIN_PORT: String(this.#ports.node),
      NODE_HEARTBEAT_TIMEOUT_MS: String(NODE_PATIENCE_MS),
      NODE_RESTART_MIN_MS: '50',
      NODE_RESTART_MAX_MS: '1000',
      MODELS_DIR: this.dir,
      WORKER_TASK_MODULE: taskModule.href,
      WORKER_LEASE_MS: '2000',
      WORKER_JOB_TIMEOUT_MS: '1500',
      ...this.#overrides,
    }
    await Promise.all([this.startApi(), this.startNode()])
  }

  /** What the processes are started with. */
  get env(): Readonly<Record<string, string>> {
    return this.#env
  }

  /** What the api or the node (for its workers) tells whoever collects metrics. */
  async metricsText(of: 'api' | 'node'): Promise<string> {
    const port = of === 'api' ? this.#ports.metrics : this.#ports.node
    return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  }

  async startApi(): Promise<void> {
    this.#spawn('api', 'api/main.ts')
    await this.#wait('api is ready', async () => (await fetch(`${this.url}/readyz`)).status === 200)
  }

  async startNode(): Promise<void> {
    this.#spawn('node', 'worker/node.ts')
    await this.#wait('workers are ready', async () => (await this.workerPids()).length === WORKER_COUNT)
  }

  async startServer(name: ServerName): Promise<void> {
    this.#servers.set(name, await startServer(KINDS[name], this.dir))
  }

  /** Without warning. SIGQUIT is what PostgreSQL knows as a crash that leaves no process of its own behind. */
  async crashServer(name: ServerName): Promise<void> {
    const server = this.#servers.get(name)
    if (server) process.kill(server.process.pid, name === 'postgres' ? 'SIGQUIT' : 'SIGKILL')
  }

  /** Of a broker that was killed: it comes back knowing nothing. */
  async loseBrokerDisk(): Promise<void> {
    await stopServer(KINDS.rabbitmq, this.dir)
    rmSync(join(this.dir, 'rabbitmq', 'data'), { recursive: true, force: true })
  }

  /** As in the middle of a failover. */
  async setReadOnly(readOnly: boolean): Promise<void> {
    const client = new Client({ connectionString: this.#servers.get('postgres')?.url })
    await client.connect()
    await client.query('set default_transaction_read_only = off')
    await client.query(`alter system set default_transaction_read_only = ${readOnly ? 'on' : 'off'}`)
    await client.query('select pg_reload_conf()')
    await client.end()
  }

  /** As a load balancer or a rolling upgrade of the broker does; everybody comes back within a second. */
  async dropConnections(): Promise<void> {
    await rabbitmqctl(this.dir, ['close_all_connections', 'the test wants it'])
  }

  /** @returns how it ended */
  async end(name: 'api' | 'node', signal: NodeJS.Signals): Promise<readonly [number | null, NodeJS.Signals | null]> {
    const child = this.#children.get(name)
    this.#children.delete(name)
    if (!child) return [null, null]
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    child.kill(signal)
    return ended
  }

  /** Workers that take jobs. */
  async workerPids(): Promise<readonly number[]> {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.node}/workers`)
    const { workers } = (await answer.json()) as { readonly workers: readonly WorkerReport[] }
    return workers.flatMap(({ pid, phase }) => (pid !== null && phase === 'ready' ? [pid] : []))
  }

  /** Every start of the model so far. */
  runs(): readonly Run[] {
    return readFileSync(this.#runsPath, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [pid, size = ''] = line.split(' ')
        return { pid: Number(pid), size }
      })
  }

  /** Resolves the moment a worker has begun a job. @returns the worker's pid */
  async midJob(): Promise<number> {
    const before = this.runs().length
    if (!(await until(() => this.runs().length > before, START_MS, 5))) throw new Error('no worker begins a job')
    return this.runs()[before]?.pid ?? 0
  }

  /** The sum of a metric's series, as the api or the node (for its workers) shows it. */
  async metric(of: 'api' | 'node', name: string): Promise<number> {
    const text = await this.metricsText(of)
    const values = text
      .split('\n')
      .flatMap((line) => (line.startsWith(`${name}{`) ? [Number(line.split(' ').at(-1))] : []))
    return values.reduce((sum, value) => sum + value, 0)
  }

  /** What the processes wrote, for the person who looks into a failure. */
  log(): string {
    return readFileSync(join(this.dir, 'processes.log'), 'utf8')
  }

  async stop(): Promise<void> {
    await Promise.all([this.end('api', 'SIGTERM'), this.end('node', 'SIGTERM')])
    await Promise.all(SERVER_NAMES.map((name) => stopServer(KINDS[name], this.dir)))
    rmSync(this.dir, { recursive: true, force: true })
  }

  #spawn(name: 'api' | 'node', program: string): void {
    const child = spawn(process.execPath, [programOf(program)], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => appendFileSync(join(this.dir, 'processes.log'), chunk))
    this.#children.set(name, child)
  }

  async #wait(what: string, condition: () => Promise<boolean>): Promise<void> {
    if (await until(() => condition().catch(() => false), START_MS, 100)) return
    throw new Error(`it never came true that ${what}:\n${this.log().slice(-4_000)}`)
  }
}
