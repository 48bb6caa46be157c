/** Looks after one container of the stand-in, as containerd's shim does: outlives whoever started it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import {
  IMAGE_DIR,
  logPath,
  readSpec,
  readState,
  type Spec,
  type State,
  signal,
  wish,
  wishOf,
  writeState,
} from './container.ts'

/** Docker's own: 100 ms, twice as long after each end, at most a minute; begun anew after 10 s that went well. */
const RESTART_MS = 100
const RESTART_MOST_MS = 60_000
const WENT_WELL_MS = 10_000

const [id = ''] = process.argv.slice(2)
const spec = readSpec(id) as Spec
let state: State = { ...readState(id), shimPid: process.pid }
const tell = (change: Partial<State>): void => {
  state = { ...state, ...change }
  // Removed meanwhile: there is nobody to tell.
  if (readSpec(id)) writeState(id, state)
}

/** Where the engine's machine publishes a port of the container. */
const publish = (): readonly Server[] =>
  spec.ports.map((port) => {
    const [host, from, to] = port.split(':')
    return createServer((outside) => {
      const inside = connect(Number(to), spec.ip)
      for (const one of [outside, inside]) one.on('error', () => outside.destroy() && inside.destroy())
      outside.pipe(inside).pipe(outside)
    })
      .on('error', () => {})
      .listen(Number(from), host)
  })

const runOnce = async (): Promise<number> => {
  const log = openSync(logPath(id), 'a')
  const [program = '', ...args] = spec.command
  const child: ChildProcess = spawn(program, args, {
    env: { PATH: process.env.PATH, HOSTNAME: id, ...spec.env },
    stdio: ['ignore', log, log],
    detached: true,
    cwd: IMAGE_DIR,
  })
  const ended = new Promise<number>((resolve) => {
    child.on('error', () => resolve(127))
    child.on('exit', (code, by) => resolve(code ?? (by === 'SIGKILL' ? 137 : 143)))
  })
  const health = spec.healthcheck ? 'starting' : 'none'
  tell({ status: 'running', pid: child.pid ?? 0, health, startCount: state.startCount + 1 })
  const code = await ended
  // What it has started goes with it: a container is a cgroup of its own.
  if (child.pid) signal(-child.pid, 'SIGKILL')
  return code
}

/** More seldom once it is well: each question is a process, and there are few cores. */
const WELL_FACTOR = 4

const askHealth = async ({ test, intervalMs, retries }: NonNullable<Spec['healthcheck']>): Promise<void> => {
  let failed = 0
  for (;;) {
    await pause(state.health === 'healthy' ? intervalMs * WELL_FACTOR : intervalMs, undefined, { ref: false })
    if (state.status !== 'running') continue
    const [program = '', ...args] = test
    const { status } = spawnSync(program, args, {
      ...{ env: { PATH: process.env.PATH, ...spec.env }, timeout: 5_000, cwd: IMAGE_DIR },
    })
    failed = status === 0 ? 0 : failed + 1
    if (status === 0 && state.health !== 'healthy') tell({ health: 'healthy' })
    // In its start period a container that was never well is `starting`, however often it is asked.
    if (failed >= retries && state.health === 'healthy') tell({ health: 'unhealthy' })
  }
}

/** An engine calls what it has stopped asking unhealthy, however well it ended. @source moby, `Health.CloseMonitorChannel` */
const ENDED_HEALTH = spec.healthcheck ? 'unhealthy' : 'none'

const published = publish()
if (spec.healthcheck) void askHealth(spec.healthcheck)
let waitMs = RESTART_MS
for (;;) {
  const startedAt = performance.now()
  const exitCode = await runOnce()
  const wanted = wishOf(id)
  if (wanted === 'restart') wish(id, undefined)
  else if (wanted === 'stop' || spec.restart === 'no' || (spec.restart === 'on-failure' && exitCode === 0)) {
    tell({ status: 'exited', exitCode, pid: 0, health: ENDED_HEALTH })
    break
  } else {
    waitMs = performance.now() - startedAt > WENT_WELL_MS ? RESTART_MS : Math.min(RESTART_MOST_MS, waitMs * 2)
    tell({ status: 'restarting', exitCode, pid: 0 })
    for (let waited = 0; waited < waitMs && wishOf(id) === undefined; waited += 50) await pause(50)
    if (wishOf(id) === 'stop') {
      tell({ status: 'exited', exitCode, health: ENDED_HEALTH })
      break
    }
  }
}
for (const server of published) server.close()
process.exit(0)
