import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Service } from './compose-file.ts'
import { forget, isRunning, readState, type Spec, signal, wish, writeSpec } from './container.ts'

const SHIM = fileURLToPath(new URL('./shim.ts', import.meta.url))
const LOOK_MS = 20

/** Compose's own label for what belongs to which service. */
const PROJECT_LABEL = 'com.docker.compose.project'
export const SERVICE_LABEL = 'com.docker.compose.service'

/** The same whenever a container is made anew, which Docker does not promise. */
export const addressOf = (project: string, service: string, number: number): string => {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(`${project} ${service} ${number}`).digest()
  return `127.${[a, b, c].map((byte) => 16 + (byte % 230)).join('.')}`
}

/**
 * Make a container without starting it. What Docker gives by networks is put in its place: the container listens on an address
 * of its own, asks itself there, and finds the names of services turned into addresses.
 */
export const create = (
  project: string,
  service: Service,
  number: number,
  addressesOf: (name: string) => string,
): Spec => {
  const ip = addressOf(project, service.name, number)
  const inside = (text: string) => text.replace('0.0.0.0', ip).replace('127.0.0.1:9480', `${ip}:9480`)
  const spec: Spec = {
    ...{ id: randomBytes(6).toString('hex'), name: `${project}-${service.name}-${number}`, project, ip },
    service: service.name,
    labels: { ...service.labels, [PROJECT_LABEL]: project, [SERVICE_LABEL]: service.name },
    command: service.command.map((argument) => addressesOf(argument) || inside(argument)),
    env: Object.fromEntries(Object.entries(service.env).map(([name, value]) => [name, inside(value)])),
    restart: service.restart,
    stopSeconds: service.stopSeconds,
    healthcheck: service.healthcheck && { ...service.healthcheck, test: service.healthcheck.test.map(inside) },
    ports: service.ports,
  }
  writeSpec(spec)
  return spec
}

const settled = async (is: () => boolean, ms = Number.POSITIVE_INFINITY): Promise<boolean> => {
  for (const end = performance.now() + ms; performance.now() < end; await pause(LOOK_MS)) if (is()) return true
  return is()
}

/** Start it, or start it again. Who looks after it from now on outlives this process. */
export const start = async ({ id }: Spec): Promise<void> => {
  wish(id, undefined)
  const before = readState(id).startCount
  spawn(process.execPath, [SHIM, id], { detached: true, stdio: 'ignore' }).unref()
  await settled(() => readState(id).startCount > before, 10_000)
}

const end = async ({ id }: Spec, graceSeconds: number): Promise<void> => {
  const { pid } = readState(id)
  signal(pid, 'SIGTERM')
  if (await settled(() => !isRunning(pid), 1000 * graceSeconds)) return
  signal(pid, 'SIGKILL')
}

/** SIGTERM, so many seconds, SIGKILL. It does not come back. */
export const stop = async (spec: Spec, graceSeconds: number): Promise<void> => {
  const { status } = readState(spec.id)
  if (status === 'exited' || status === 'created') return
  wish(spec.id, 'stop')
  await end(spec, graceSeconds)
  await settled(() => readState(spec.id).status === 'exited' || !isRunning(readState(spec.id).shimPid))
}

/** The same, and it comes back. */
export const restart = async (spec: Spec, graceSeconds: number): Promise<void> => {
  const { startCount, status } = readState(spec.id)
  if (status === 'exited') return start(spec)
  wish(spec.id, 'restart')
  await end(spec, graceSeconds)
  await settled(() => readState(spec.id).startCount > startCount, 10_000)
}

/** Nothing is left of it. */
export const remove = async (spec: Spec): Promise<void> => {
  wish(spec.id, 'stop')
  const { pid, shimPid } = readState(spec.id)
  if (pid > 0) signal(-pid, 'SIGKILL')
  await settled(() => !isRunning(shimPid), 5_000)
  forget(spec.id)
}
