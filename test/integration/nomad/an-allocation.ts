import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../infra/local/ports.ts'
import { isAlive, until } from '../worker/node/a-node.ts'

const root = join(import.meta.dirname, '../../..')
const SCRIPTS = join(root, 'nomad/raw-exec-compose')
const STAND_IN = join(root, 'test/fakes/docker/bin')
export const LIGHT_IMAGE = join(root, 'test/fixtures/light-image')

/** A container as the stand-in engine knows it. */
export interface Seen {
  readonly id: string
  readonly service: string
  readonly status: string
  readonly health: string
  readonly pid: number
  readonly shimPid: number
  readonly startCount: number
  readonly ip: string
}

/** The stand-in's engine, with containers in a folder of its own. */
export class AnEngine {
  readonly dir = mkdtempSync(join(tmpdir(), 'muster-engine-'))
  readonly image: string

  /** @param image the folder that stands for an image's files */
  constructor(image = LIGHT_IMAGE) {
    this.image = image
  }

  get env(): Record<string, string> {
    return {
      PATH: `${STAND_IN}:${process.env.PATH}`,
      DOCKER_STAND_IN_DIR: this.dir,
      DOCKER_STAND_IN_NODE: process.execPath,
      DOCKER_STAND_IN_IMAGE: this.image,
      DOCKER_STAND_IN_HURRY: '20',
    }
  }

  is(state: 'up' | 'down' | 'hang'): void {
    writeFileSync(join(this.dir, 'engine'), state)
  }

  containers(service?: string): readonly Seen[] {
    const parse = (file: string): Record<string, unknown> => {
      try {
        return JSON.parse(readFileSync(join(this.dir, file), 'utf8')) as Record<string, unknown>
      } catch {
        return {}
      }
    }
    return readdirSync(this.dir)
      .filter((file) => file.endsWith('.spec'))
      .map((file) => ({ ...parse(file), ...parse(file.replace(/spec$/, 'state')) }) as unknown as Seen)
      .filter((seen) => service === undefined || seen.service === service)
  }

  /** Resolves when so many workers are well. */
  async healthy(count: number): Promise<readonly Seen[]> {
    return until(`${count} containers are healthy`, () => {
      const well = this.containers('worker').filter(({ health }) => health === 'healthy')
      return well.length === count && well
    })
  }

  /** Kill what is left, for afterEach. */
  destroy(): void {
    for (const { pid, shimPid } of this.containers())
      for (const one of [shimPid, pid]) if (one > 0 && isAlive(one)) process.kill(one, 'SIGKILL')
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** What Nomad's raw_exec runs for one allocation, and how it treats it. */
export class AnAllocation {
  readonly id: string
  readonly engine: AnEngine
  readonly folder = mkdtempSync(join(tmpdir(), 'muster-allocation-'))
  readonly process: ChildProcess
  readonly ended: Promise<number | null>
  readonly env: Record<string, string>
  output = ''

  private constructor(engine: AnEngine, env: Record<string, string>, id: string, script: string) {
    this.engine = engine
    this.id = id
    this.env = {
      ...engine.env,
      NOMAD_ALLOC_ID: id,
      NOMAD_SECRETS_DIR: this.folder,
      STORAGE_URL: this.folder,
      WORKERS_GPU: 'off',
      WORKERS_COUNT: '2',
      WORKERS_STOP_MS: '8000',
      WORKER_GRACE_MS: '7000',
      WORKERS_LOOK_MS: '1000',
      ...env,
    }
    // The executor starts a task as the leader of a process group of its own.
    this.process = spawn(join(SCRIPTS, script), { env: this.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString()
      })
    this.ended = once(this.process, 'exit').then(([code]) => code as number | null)
  }

  static async start(
    engine: AnEngine,
    env: Record<string, string> = {},
    { id = randomUUID() as string, script = 'start.sh' } = {},
  ): Promise<AnAllocation> {
    const port = String(await freePort())
    return new AnAllocation(engine, { NOMAD_IP_admin: '127.0.0.1', NOMAD_PORT_admin: port, ...env }, id, script)
  }

  /** What the light workers wrote down, `event` by `event`. */
  events(event: string): readonly string[] {
    const path = join(this.folder, 'events')
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
    return lines.filter((line) => line.startsWith(`${event} `))
  }

  /** The kill signal, to the one process, as raw_exec sends it. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal)
    return this.ended
  }

  /** kill_timeout is over, or the executor went: the process, then its group. Containers are in neither. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended
    try {
      process.kill(-Number(this.process.pid), 'SIGKILL')
    } catch {
      // nothing else was in it
    }
  }

  /** Another script for the same allocation, run to its end. */
  async runAgain(script: string, env: Record<string, string> = {}): Promise<number | null> {
    const child = spawn(join(SCRIPTS, script), { env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stderr.on('data', (chunk: Buffer) => {
      this.output += chunk.toString()
    })
    const [code] = await once(child, 'exit')
    return code as number | null
  }

  /** Processes on this machine that carry the allocation in their environment, the containers' own not counted. */
  strays(): readonly string[] {
    return readdirSync('/proc').flatMap((pid) => {
      try {
        if (!/^\d+$/.test(pid) || !isAlive(Number(pid))) return []
        const env = readFileSync(`/proc/${pid}/environ`, 'utf8')
        if (!env.includes(`NOMAD_ALLOC_ID=${this.id}`)) return []
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`]
      } catch {
        return []
      }
    })
  }

  /** For afterEach. */
  async destroy(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill()
    for (const stray of this.strays()) process.kill(Number(stray.split(' ')[0]), 'SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** One docker command, answered by the stand-in. */
export const docker = (engine: AnEngine, ...args: readonly string[]): string =>
  execFileSync(join(STAND_IN, 'docker'), args, { env: engine.env, encoding: 'utf8' })
