import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Service } from './compose-file.ts'

/** Where the stand-in keeps its containers: what the engine's own memory is to Docker. */
export const STATE_DIR = process.env.DOCKER_STAND_IN_DIR ?? ''

/** What stands for the files of every image. */
export const IMAGE_DIR = process.env.DOCKER_STAND_IN_IMAGE ?? join(import.meta.dirname, '../../..')

/** How a container is to run, as a compose file said; `name` is its own, a service may have several. */
export interface Spec extends Service {
  readonly id: string
  readonly project: string
  readonly service: string
  /** an address of the loopback network of its own: what a container's own network is to Docker */
  readonly ip: string
}

/** What became of it so far. */
export interface State {
  readonly status: 'created' | 'running' | 'restarting' | 'exited'
  readonly exitCode: number
  /** of what runs in it; 0 = nothing does */
  readonly pid: number
  /** of who looks after it, as containerd's shim does */
  readonly shimPid: number
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  readonly startCount: number
}

const pathOf = (id: string, what: string): string => join(STATE_DIR, `${id}.${what}`)

const write = (path: string, value: unknown): void => {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  writeFileSync(temporary, JSON.stringify(value))
  renameSync(temporary, path)
}

const read = <T>(path: string): T | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

export const logPath = (id: string): string => pathOf(id, 'log')
export const writeSpec = (spec: Spec): void => {
  mkdirSync(STATE_DIR, { recursive: true })
  write(pathOf(spec.id, 'spec'), spec)
}
export const readSpec = (id: string): Spec | undefined => read<Spec>(pathOf(id, 'spec'))
export const writeState = (id: string, state: State): void => write(pathOf(id, 'state'), state)
export const readState = (id: string): State =>
  read<State>(pathOf(id, 'state')) ?? {
    ...{ status: 'created', exitCode: 0, pid: 0, shimPid: 0, health: 'none', startCount: 0 },
  }

/** What an engine's command wants of a container that ends now: `stop` = it stays ended, `restart` = it comes back. */
export const wish = (id: string, what: 'stop' | 'restart' | undefined): void => {
  if (what) write(pathOf(id, 'wish'), what)
  else rmSync(pathOf(id, 'wish'), { force: true })
}
export const wishOf = (id: string): string | undefined => read<string>(pathOf(id, 'wish'))

/** All containers there are, by name. */
export const allSpecs = (): readonly Spec[] =>
  (existsSync(STATE_DIR) ? readdirSync(STATE_DIR) : [])
    .filter((file) => file.endsWith('.spec'))
    .flatMap((file) => readSpec(file.slice(0, -'.spec'.length)) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1))

/** Nothing is known of it any more. */
export const forget = (id: string): void => {
  for (const what of ['spec', 'state', 'wish', 'log']) rmSync(pathOf(id, what), { force: true })
}

/** A process that runs; one that has ended and only waits to be noticed does not. */
export const isRunning = (pid: number): boolean => {
  if (pid <= 0) return false
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    if (pid !== 0) process.kill(pid, name)
  } catch {
    // it has just ended
  }
}
