import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const NODE_PROGRAM = pathOf('../../../../worker/node.ts')
const WORKER_PROGRAM = pathOf('../../../fixtures/workers/by-pool.ts')
const PATIENCE_MS = 100_000

interface Report {
  readonly pools: Record<string, { desired: number; running: number; ready: number; leaving: number }>
  readonly workers: {
    readonly pool: string
    readonly index: number
    readonly phase: string
    readonly pid: number | null
    readonly busy: number
    readonly restarts: number
  }[]
}

/** A process that runs: one that has ended and only waits to be noticed does not count. */
export const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** Ask again until the answer is something; the test's own patience bounds it. */
export const until = async <T>(what: string, ask: () => T | undefined | false | Promise<T | undefined | false>) => {
  const end = performance.now() + PATIENCE_MS
  while (performance.now() < end) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    await delay(25)
  }
  throw new Error(`it never came true that ${what}`)
}

/** A real node supervisor with scripted workers. */
export class ANode {
  readonly process: ChildProcess
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #port: Promise<number>
  readonly lines: Record<string, unknown>[] = []
  readonly pids = new Set<number>()
  errorOutput = ''

  constructor(workers: string, env: Record<string, string> = {}) {
    const pools = workers.split(' ').map((entry) => entry.split('=')[0])
    const tasks = ['face-match', 'liveness', 'ocr']
    this.process = spawn(process.execPath, [NODE_PROGRAM], {
      env: {
        PATH: process.env.PATH,
        // At most three pools: a task belongs to one of them.
        POOLS: pools.map((pool, at) => `${pool}=${tasks[at]}`).join(' '),
        NODE_WORKERS: workers,
        NODE_WORKER_PROGRAM: WORKER_PROGRAM,
        NODE_ADMIN_PORT: '0',
        NODE_RESTART_MIN_MS: '50',
        NODE_RESTART_MAX_MS: '200',
        NODE_KILL_MS: '200',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a shell gives to a foreground command: Ctrl-C reaches all of it.
      detached: true,
    })
    this.ended = once(this.process, 'close').then(([code, signal]) => ({ code, signal }))
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.errorOutput += chunk.toString()
    })
    const port = Promise.withResolvers<number>()
    this.#port = port.promise
    let rest = ''
    this.process.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#onLine(JSON.parse(line), port.resolve)
    })
    void this.ended.then(({ code }) => port.reject(new Error(`the node ended with ${code}: ${this.errorOutput}`)))
    port.promise.catch(() => {})
  }

  #onLine(line: Record<string, unknown>, onPort: (port: number) => void): void {
    this.lines.push(line)
    if (line.msg === 'the node listens') onPort(Number(line.port))
    if (line.msg === 'a worker starts') this.pids.add(Number(line.workerPid))
  }

  logged(message: string): Record<string, unknown>[] {
    return this.lines.filter(({ msg }) => msg === message)
  }

  async url(): Promise<string> {
    return `http://127.0.0.1:${await this.#port}`
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${await this.url()}${path}`, init)
  }

  async report(): Promise<Report> {
    return (await (await this.fetch('/workers')).json()) as Report
  }

  /** Its workers' metrics lines that begin with the name. */
  async metrics(name: string): Promise<string[]> {
    const text = await (await this.fetch('/metrics')).text()
    return text.split('\n').filter((line) => line.startsWith(name))
  }

  setCount(pool: string, count: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(`/pools/${pool}/count`, { method: 'PUT', body: JSON.stringify({ count }), headers })
  }

  /** Resolves with the report once so many workers of the pool take jobs and none is on its way. */
  settled(pool: string, count: number): Promise<Report> {
    return until(`${pool} has ${count} ready workers`, async () => {
      const report = await this.report()
      const { ready, running, leaving } = report.pools[pool] ?? {}
      return ready === count && running === count && leaving === 0 && report
    })
  }

  leftovers(): number[] {
    return [...this.pids].filter(isAlive)
  }

  /** What Ctrl-C in a terminal does. */
  interruptGroup(): void {
    process.kill(-Number(this.process.pid), 'SIGINT')
  }

  /** For afterEach: end it if the test did not, and whatever it left behind. */
  async destroy(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL')
    for (const pid of this.leftovers()) process.kill(pid, 'SIGKILL')
    await this.ended
  }
}
