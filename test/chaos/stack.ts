import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reservePorts } from '../../infra/local/ports.ts'
import { until } from '../../infra/local/process.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { setUpBroker } from '../../infra/rabbitmq/set-up.ts'
import { createKey } from '../../scripts/keys.ts'
import { TEST_KEYS } from '../fixtures/encryption.ts'
import { silence } from '../fixtures/silence.ts'
import { ChaosCluster } from './cluster.ts'
import { FIRED, PASSED, POINTS, TRIED } from './crash-points.ts'
import { KeptProcess } from './kept-process.ts'
import { anyOfTheDead, CALLERS } from './rows.ts'
import { ChaosServers } from './servers.ts'
import { releaseSmallDisk } from './small-disk.ts'
import { type ChaosStorage, startChaosStorage } from './storage.ts'

/** One, for both lanes of one task. */
export const POOL = 'checks'
const WORKER_COUNT = 2
/** A process may be slow to come on a machine that runs other things too. */
const START_MS = 120_000
/** Longer than any fault is held and mended: a job that is not over by then is lost. */
export const DEADLINE_MS = 240_000

const HURRIED_MS = 2_000

const API_NAMES = ['api-1', 'api-2'] as const
export type ProcessName = (typeof API_NAMES)[number] | 'node'

interface WorkerReport {
  readonly pid: number | null
  readonly phase: string
}

/** Two api replicas and a node with two workers, all of a test build, on private servers behind proxies. */
export class ChaosStack {
  readonly dir: string
  readonly servers: ChaosServers
  readonly #cluster: ChaosCluster | undefined
  readonly #hurried: boolean
  readonly #processes = new Map<ProcessName, KeptProcess>()
  #storage: ChaosStorage | undefined
  #ports: Record<string, number> = {}
  key = ''

  /**
   * @param broker one node behind a wire, or a cluster of three
   * @param hurried housekeeping comes round every other second, and workers have few slots: every step is made often
   */
  constructor(broker: 'node' | 'cluster' = 'node', hurried = false) {
    this.#hurried = hurried
    this.dir = mkdtempSync(join(tmpdir(), 'muster-chaos-'))
    chmodSync(this.dir, 0o755)
    this.servers = new ChaosServers(this.dir)
    this.#cluster = broker === 'cluster' ? new ChaosCluster(this.dir) : undefined
    for (const name of ['runs', POINTS, PASSED, TRIED, FIRED]) writeFileSync(join(this.dir, name), '')
  }

  get apiUrls(): readonly string[] {
    return API_NAMES.map((name) => `http://127.0.0.1:${this.#ports[name]}`)
  }

  /** where webhooks may go */
  get receiverPort(): number {
    return this.#ports.receiver ?? 0
  }

  get storage(): ChaosStorage {
    if (!this.#storage) throw new Error('the stack has not been started')
    return this.#storage
  }

  get cluster(): ChaosCluster {
    if (!this.#cluster) throw new Error('the broker of this stack is one node')
    return this.#cluster
  }

  process(name: ProcessName): KeptProcess {
    const found = this.#processes.get(name)
    if (!found) throw new Error(`there is no ${name}`)
    return found
  }

  async start(): Promise<void> {
    this.#ports = await reservePorts(['api-1', 'api-2', 'metrics-1', 'metrics-2', 'node', 'receiver'], {})
    this.#storage = await startChaosStorage()
    await this.servers.startAll(this.#cluster ? ['postgres', 'redis'] : undefined)
    await this.#cluster?.start()
    await migrate(this.servers.directUrl('postgres'), silence().log)
    await setUpBroker(this.#brokerUrl(), [POOL])
    this.key = await createKey(this.servers.directUrl('postgres'), { tenant: CALLERS, name: 'chaos' })
    const shared = this.#sharedEnv(this.#storage)
    for (const [index, name] of API_NAMES.entries())
      this.#add(name, 'api-main.ts', { ...shared, ...this.#apiEnv(index) })
    this.#add('node', '../../worker/node.ts', { ...shared, ...this.#nodeEnv() })
    for (const one of this.#processes.values()) one.start()
    await this.wholeAgain()
  }

  /** Resolves when every process is there and serves. @throws when that takes too long */
  async wholeAgain(): Promise<void> {
    const answers = await Promise.all([
      ...this.apiUrls.map((url) => until(() => isOk(`${url}/readyz`), START_MS, 100)),
      until(async () => (await this.workerPids()).length === WORKER_COUNT, START_MS, 100),
    ])
    if (answers.every(Boolean)) return
    throw new Error(`not everything came back:\n${this.log().slice(-6_000)}`)
  }

  /** Workers that take jobs; none while the node does not answer. */
  async workerPids(): Promise<readonly number[]> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#ports.node}/workers`, { signal: AbortSignal.timeout(2_000) })
      const { workers } = (await answer.json()) as { readonly workers: readonly WorkerReport[] }
      return workers.flatMap(({ pid, phase }) => (pid !== null && phase === 'ready' ? [pid] : []))
    } catch {
      return []
    }
  }

  /** The picture of every start of the model so far, and who ran it. */
  runs(): readonly { readonly pid: number; readonly size: string }[] {
    return this.lines('runs').map((line) => {
      const [pid, size = ''] = line.split(' ')
      return { pid: Number(pid), size }
    })
  }

  /** Resolves the moment a worker has begun a job. @returns its pid; undefined when none does */
  async midJob(): Promise<number | undefined> {
    const before = this.runs().length
    return (await until(() => this.runs().length > before, START_MS, 5)) ? this.runs()[before]?.pid : undefined
  }

  /** Resolves when all is back and nobody has a job of a dead worker any more: one that meets two deaths is given up, by design. */
  async survived(pid: number): Promise<void> {
    await until(async () => !(await this.workerPids()).includes(pid), START_MS, 50)
    await this.wholeAgain()
    await until(async () => !(await anyOfTheDead(this.servers.directUrl('postgres'), pid)), START_MS, 100)
  }

  /** Of a list that the processes write. */
  lines(name: string): readonly string[] {
    return readFileSync(join(this.dir, name), 'utf8').split('\n').filter(Boolean)
  }

  /** What the processes wrote, for the person who looks into a failure. */
  log(): string {
    const path = join(this.dir, 'processes.log')
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((one) => one.end('SIGKILL')))
    await this.servers.stopAll()
    await this.#cluster?.stop()
    await this.#storage?.close()
    releaseSmallDisk(this.dir)
    rmSync(this.dir, { recursive: true, force: true })
  }

  #brokerUrl(): string {
    return this.#cluster ? this.#cluster.urls : this.servers.url('rabbitmq')
  }

  #add(name: ProcessName, program: string, env: Readonly<Record<string, string>>): void {
    const url = new URL(program, import.meta.url)
    this.#processes.set(name, new KeptProcess(url, env, join(this.dir, 'processes.log')))
  }

  #sharedEnv(storage: ChaosStorage): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: join(this.dir, 'compiled'),
      CHAOS_DIR: this.dir,
      DATABASE_URL: this.servers.url('postgres'),
      RABBITMQ_URL: this.#brokerUrl(),
      REDIS_URL: this.servers.url('redis'),
      ...storage.env,
      ENCRYPTION_KEYS: TEST_KEYS,
      POOLS: `${POOL}=liveness`,
      LOG_LEVEL: 'warn',
    }
  }

  #apiEnv(index: number): Record<string, string> {
    const port = this.#ports[API_NAMES[index] ?? '']
    return {
      UPLOAD_SECRET: 'x'.repeat(32),
      API_PUBLIC_URL: `http://127.0.0.1:${port}`,
      API_PORT: String(port),
      API_METRICS_PORT: String(this.#ports[`metrics-${index + 1}`]),
      API_SHUTDOWN_DELAY_MS: '0',
      API_DEADLINE_INTERACTIVE_MS: String(DEADLINE_MS),
      API_DEADLINE_BULK_MS: String(DEADLINE_MS),
      WEBHOOK_ALLOW: `http://127.0.0.1:${this.receiverPort}`,
      ...(this.#hurried && { API_SWEEP_MS: String(HURRIED_MS), CHAOS_MOST_PAUSE_MS: String(HURRIED_MS) }),
    }
  }

  #nodeEnv(): Record<string, string> {
    const task = new URL('./task.ts', import.meta.url)
    task.searchParams.set('runs', join(this.dir, 'runs'))
    return {
      NODE_WORKERS: `${POOL}=${WORKER_COUNT}`,
      NODE_WORKER_PROGRAM: fileURLToPath(new URL('./worker-main.ts', import.meta.url)),
      NODE_ADMIN_PORT: String(this.#ports.node),
      NODE_HEARTBEAT_TIMEOUT_MS: '60000',
      NODE_RESTART_MIN_MS: '50',
      NODE_RESTART_MAX_MS: '500',
      MODELS_DIR: this.dir,
      WORKER_TASK_MODULE: task.href,
      WORKER_LEASE_MS: '2000',
      WORKER_JOB_TIMEOUT_MS: '1500',
      ...(this.#hurried && { WORKER_BATCH_MAX: '2' }),
    }
  }
}

const isOk = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status === 200
  } catch {
    return false
  }
}
