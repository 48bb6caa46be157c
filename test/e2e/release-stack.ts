import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { freePort } from '../../infra/local/ports.ts'
import { until } from '../../infra/local/process.ts'
import { addVhost, deleteVhost } from '../../infra/local/rabbitmqctl.ts'
import { ROOT } from '../../scripts/stack/folder.ts'
import { TEST_KEYS } from '../fixtures/encryption.ts'

const SERVERS = join(ROOT, '.muster', 'test')
/** A process may be slow to come on a machine that runs other things too. */
const START_MS = 100_000

/** The one pool of these stacks. */
export const POOL = 'checks'

export type Kind = 'api' | 'worker' | 'node' | 'autoscaler'
const PROGRAMS: { readonly [kind in Kind]: string } = {
  api: 'api/main.ts',
  worker: 'worker/main.ts',
  node: 'worker/node.ts',
  autoscaler: 'autoscaler/main.ts',
}

const withPath = (url: string | undefined, path: string): string => {
  const parsed = new URL(url ?? '')
  parsed.pathname = `/${path}`
  return parsed.href
}

/** One process of a stack. */
export interface Part {
  readonly pid: number
  /** where it listens for whom it is there; a worker: where it says that it is ready */
  readonly url: string
  /** @returns whether it ended in order */
  end(): Promise<boolean>
}

const onServer = async (url: string, statement: string): Promise<void> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(statement)
  await client.end()
}

/** Processes of any release on one database and one virtual host of the tests' servers. */
export class ReleaseStack {
  readonly dir: string
  readonly databaseUrl: string
  readonly brokerUrl: string
  readonly #name: string
  readonly #children = new Set<ChildProcess>()

  /** Its name is the run's and more, so that what a killed run left is found and removed. */
  private constructor(run: string) {
    mkdirSync(SERVERS, { recursive: true })
    this.dir = mkdtempSync(join(SERVERS, 'release-'))
    this.#name = `${run}_${Math.random().toString(36).slice(2, 8)}`
    this.databaseUrl = withPath(process.env.DATABASE_URL, this.#name)
    this.brokerUrl = withPath(process.env.RABBITMQ_URL, this.#name)
    writeFileSync(this.#logPath, '')
  }

  static async open(): Promise<ReleaseStack> {
    const run = new URL(process.env.DATABASE_URL ?? '').pathname.slice(1)
    const stack = new ReleaseStack(run)
    await onServer(process.env.DATABASE_URL ?? '', `create database "${stack.#name}"`)
    await addVhost(SERVERS, stack.#name)
    return stack
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all([...this.#children].map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
    await onServer(process.env.DATABASE_URL ?? '', `drop database if exists "${this.#name}" with (force)`)
    await deleteVhost(SERVERS, this.#name).catch(() => {})
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** What the processes wrote, for the person who looks into a failure. */
  log(): string {
    return readFileSync(this.#logPath, 'utf8')
  }

  /** A command of a checkout's own command line. @returns what it printed */
  async muster(root: string, ...args: readonly string[]): Promise<string> {
    const program = join(root, 'scripts', 'muster.ts')
    const env = { ...this.#env(root), HOME: this.dir, NO_COLOR: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env })
    return stdout.trim()
  }

  /**
   * Start a process and wait until it is ready.
   * @param root the checkout whose code it runs
   */
  async start(root: string, kind: Kind, more: Readonly<Record<string, string>> = {}): Promise<Part> {
    const [port, adminPort] = [await freePort(), await freePort()]
    const env = { ...this.#env(root), ...this.#own(kind, port, adminPort), ...more }
    const child = spawn(process.execPath, [join(root, PROGRAMS[kind])], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => appendFileSync(this.#logPath, text))
    this.#children.add(child)
    const url = `http://127.0.0.1:${port}`
    const isReady = async () => {
      if (child.exitCode !== null) throw new Error(`the ${kind} ended:\n${this.log().slice(-3_000)}`)
      return fetch(`${url}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      )
    }
    if (!(await until(isReady, START_MS, 50)))
      throw new Error(`the ${kind} is never ready:\n${this.log().slice(-3_000)}`)
    return { pid: child.pid ?? 0, url, end: () => this.#end(child) }
  }

  async #end(child: ChildProcess): Promise<boolean> {
    if (child.exitCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    this.#children.delete(child)
    return child.exitCode === 0
  }

  get #logPath(): string {
    return join(this.dir, 'processes.log')
  }

  #env(root: string): Record<string, string> {
    const runs = join(this.dir, 'runs')
    if (!existsSync(runs)) writeFileSync(runs, '')
    // Each release has the form of its own time for a module like this.
    const taskModule = pathToFileURL(join(root, 'test', 'e2e', 'fault-task.ts'))
    taskModule.searchParams.set('runs', runs)
    return {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: join(this.dir, 'compiled'),
      DATABASE_URL: this.databaseUrl,
      RABBITMQ_URL: this.brokerUrl,
      REDIS_URL: process.env.REDIS_URL ?? '',
      STORAGE_URL: pathToFileURL(join(this.dir, 'pictures')).href,
      ENCRYPTION_KEYS: TEST_KEYS,
      POOLS: `${POOL}=liveness`,
      MODELS_DIR: this.dir,
      WORKER_TASK_MODULE: taskModule.href,
    }
  }

  #own(kind: Kind, port: number, adminPort: number): Record<string, string> {
    const listeners: { readonly [of in Kind]: Record<string, string> } = {
      api: {
        API_PORT: String(port),
        API_METRICS_PORT: String(adminPort),
        API_PUBLIC_URL: `http://127.0.0.1:${port}`,
        API_SHUTDOWN_DELAY_MS: '0',
        UPLOAD_SECRET: 'x'.repeat(32),
      },
      worker: { WORKER_POOL: POOL, WORKER_ADMIN_PORT: String(port) },
      node: { NODE_WORKERS: `${POOL}=1`, NODE_ADMIN_PORT: String(port) },
      autoscaler: { AUTOSCALER_PORT: String(port), AUTOSCALER_METRICS_PORT: String(adminPort) },
    }
    return listeners[kind]
  }
}
