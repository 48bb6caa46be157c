import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../../infra/local/ports.ts'
import { createNodeStore } from '../../../infra/postgres/node-store.ts'
import { describeNodeWorkers, type NodeWorkers, type WorkerSeen } from '../../contract/node-workers.ts'
import { isAlive, until } from '../worker/node/a-node.ts'
import { openRealServers, type RealServers } from '../worker/node/real-pool.ts'
import { AnAllocation, AnEngine } from './an-allocation.ts'
import { imageFolder, isListening, type Started, startedBy } from './node-ways.ts'

/** Secrets are files here too, for their owner alone. */
const SECRETS = ['DATABASE_URL', 'RABBITMQ_URL'] as const

const open: { destroy(): unknown }[] = []
let servers: RealServers

beforeAll(async () => {
  servers = await openRealServers()
})
afterEach(async () => {
  for (const one of open.splice(0).sort((a) => (a instanceof AnEngine ? 1 : -1))) await one.destroy()
})
afterAll(() => servers.close())

/** Real servers' addresses as a job's templates write them. */
const secretsIn = (folder: string, env: Record<string, string>): Record<string, string> => {
  const rest = { ...env }
  for (const name of SECRETS) {
    const path = join(folder, name.toLowerCase())
    writeFileSync(path, rest[name] ?? '', { mode: 0o400 })
    delete rest[name]
    rest[`${name}_FILE`] = path
  }
  return rest
}

const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-secrets-'))
  open.push({ destroy: () => rmSync(folder, { recursive: true, force: true }) })
  return folder
}

interface NodeReport {
  readonly workers: readonly { readonly pid: number | null; readonly phase: string; readonly consuming: boolean }[]
}

/** The node supervisor as a job file starts it: ways (a) and (c) are the same program. */
class SupervisedNode implements NodeWorkers {
  readonly #process: ChildProcess
  readonly #started: Started
  readonly #port: number
  readonly #folder: string
  readonly #pids = new Set<number>()
  readonly #ended: Promise<number | null>

  constructor(started: Started, env: Record<string, string>, port: number, cwd: string) {
    this.#started = started
    this.#port = port
    this.#folder = aFolder()
    const [program = '', ...args] = started.withoutPrivileges.length
      ? ['setpriv', ...started.withoutPrivileges, started.command, ...started.args]
      : [started.command, ...started.args]
    this.#process = spawn(program, args, {
      cwd,
      env: {
        ...{ PATH: process.env.PATH, ...started.env, ...secretsIn(this.#folder, env) },
        ...{ NODE_ADMIN_HOST: '127.0.0.1', NODE_ADMIN_PORT: String(port) },
      },
      stdio: 'ignore',
    })
    this.#ended = once(this.#process, 'exit').then(([code]) => code as number | null)
    open.push(this)
  }

  async workers(): Promise<readonly WorkerSeen[]> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/workers`).catch(() => undefined)
    if (!answer) return []
    const { workers } = (await answer.json()) as NodeReport
    return workers.flatMap(({ pid, phase, consuming }) => {
      if (pid === null) return []
      this.#pids.add(pid)
      return [{ pid, ready: phase === 'ready' && consuming && isAlive(pid) }]
    })
  }

  ready(count: number): Promise<readonly WorkerSeen[]> {
    return until(`${count} are ready`, async () => {
      const ready = (await this.workers()).filter((one) => one.ready)
      return ready.length === count && ready
    })
  }

  async wellAsNomadSees(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.#port}${this.#started.checkPath}`)).ok
  }

  stop(): Promise<number | null> {
    this.#process.kill(this.#started.killSignal)
    return this.#ended
  }

  async leftovers(): Promise<readonly string[]> {
    const files = readdirSync(this.#folder).filter((file) => !SECRETS.some((name) => name.toLowerCase() === file))
    return [
      ...[Number(this.#process.pid), ...this.#pids].filter(isAlive).map((pid) => `process ${pid}`),
      ...((await isListening(this.#port)) ? [`port ${this.#port}`] : []),
      ...files.map((file) => `file ${file}`),
    ]
  }

  destroy(): void {
    for (const pid of [Number(this.#process.pid), ...this.#pids]) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
}

/** Real workers in the stand-in's containers, started and ended by the scripts. */
class ComposedNode implements NodeWorkers {
  readonly #engine: AnEngine
  readonly #allocation: AnAllocation
  readonly #started: Started

  constructor(engine: AnEngine, allocation: AnAllocation, started: Started) {
    this.#engine = engine
    this.#allocation = allocation
    this.#started = started
  }

  get #port(): number {
    return Number(this.#allocation.env.NOMAD_PORT_admin)
  }

  async workers(): Promise<readonly WorkerSeen[]> {
    return this.#engine
      .containers('worker')
      .map(({ pid, health }) => ({ pid, ready: health === 'healthy' && isAlive(pid) }))
  }

  ready(count: number): Promise<readonly WorkerSeen[]> {
    return until(`${count} are ready`, async () => {
      const ready = (await this.workers()).filter((one) => one.ready)
      return ready.length === count && ready
    })
  }

  async wellAsNomadSees(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.#port}${this.#started.checkPath}`).catch(() => undefined))?.ok ?? false
  }

  stop(): Promise<number | null> {
    return this.#allocation.stop(this.#started.killSignal)
  }

  async leftovers(): Promise<readonly string[]> {
    return [
      ...this.#engine.containers().map(({ id, service }) => `container ${service} ${id}`),
      ...this.#allocation.strays().map((stray) => `process ${stray}`),
      ...((await isListening(this.#port)) ? [`port ${this.#port}`] : []),
    ]
  }
}

const aWorld = async (run: (pool: string, env: Record<string, string>, count: number) => Promise<NodeWorkers>) => {
  const { pool, env } = await servers.aPool()
  return {
    start: (count: number) => run(pool, env, count),
    submit: (options: Parameters<RealServers['submit']>[1]) => servers.submit(pool, options),
    until,
  }
}

/** What the tests' models need in place of a job file's. */
const OWN = ['POOLS', 'MODELS_DIR', 'WORKER_TASK_MODULE', 'STORAGE_URL', 'ENCRYPTION', 'DATABASE_URL', 'RABBITMQ_URL']
const ownOf = (env: Record<string, string>) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => OWN.includes(name)))

const supervised = (file: string, cwd: string) => () =>
  aWorld(async (pool, env, count) => {
    const port = await freePort()
    return new SupervisedNode(startedBy(file), { ...ownOf(env), NODE_WORKERS: `${pool}=${count}` }, port, cwd)
  })

describeNodeWorkers('(a) one container that runs the node supervisor', supervised('worker.nomad.hcl', imageFolder()))

const composed = async (
  pool: string,
  env: Record<string, string>,
  count: number,
  more: Record<string, string> = {},
) => {
  const started = startedBy('worker-compose.nomad.hcl')
  const engine = new AnEngine(imageFolder())
  open.push(engine)
  const allocation = await AnAllocation.start(engine, {
    ...{ ...started.env, ...secretsIn(aFolder(), ownOf(env)) },
    ...{ WORKER_POOL: pool, WORKERS_COUNT: String(count), WORKERS_GPU: 'off', ...more },
  })
  open.push(allocation)
  return new ComposedNode(engine, allocation, started)
}

describeNodeWorkers('(b) docker compose under raw_exec', () => aWorld(composed))

it('the gate of (b) tells the fleet what its workers run and have in hand', async () => {
  const { pool, env } = await servers.aPool()
  const [store, name] = [createNodeStore(servers.db), `rack-${crypto.randomUUID()}`]
  const node = await composed(pool, env, 1, { NODE_NAME: name, NODE_TELL_MS: '500' })
  const told = (inHand: number) =>
    until(`${inHand} jobs are told to be in hand`, async () => {
      const [worker] = (await store.list(10_000)).nodes.find((one) => one.name === name)?.workers ?? []
      return worker?.inHand === inHand && worker.models !== null && worker
    })
  await node.ready(1)
  expect(await told(0)).toMatchObject({ pool, devices: ['cpu'], models: 'scripted@1.0.0', pid: null })
  const job = await servers.submit(pool, { do: 'slow', ms: 5_000 })
  await told(1)
  await job.in('succeeded')
  expect(await node.stop()).toBe(0)
})

// Nomad starts it in the task's own folder.
describeNodeWorkers(
  '(c) the node supervisor under raw_exec, without Docker',
  supervised('worker-raw-exec.nomad.hcl', tmpdir()),
)

it('the three job files start what the suites above started', () => {
  const programs = ['worker.nomad.hcl', 'worker-compose.nomad.hcl', 'worker-raw-exec.nomad.hcl'].map((file) =>
    startedBy(file),
  )
  expect(programs.map(({ args }) => args[0]?.split('/').slice(-2).join('/'))).toEqual([
    'worker/node.ts',
    'raw-exec-compose/start.sh',
    'worker/node.ts',
  ])
  expect(programs.map(({ killSignal }) => killSignal)).toEqual(['SIGTERM', 'SIGTERM', 'SIGTERM'])
})
