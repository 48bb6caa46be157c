import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below Linux's range for outgoing connections (32768 on), so that none of them can sit on a port we remember. */
const LOWEST = 20_000
const HIGHEST = 32_000
const TRY_COUNT = 200

/** Whether a server could listen on this loopback port now. */
export const isFree = async (port: number): Promise<boolean> => {
  const server = createServer()
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true })
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

/**
 * A free loopback port: the preferred one when it is free, else any of our range.
 * @throws Error when the machine has none left
 */
export const freePort = async (preferred?: number): Promise<number> => {
  if (preferred !== undefined && (await isFree(preferred))) return preferred
  for (let tries = 0; tries < TRY_COUNT; tries += 1) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
  throw new Error('no free loopback port was found')
}

/**
 * Free loopback ports, all different.
 * @param preferred by name, for those that have a preference
 * @param accept further conditions on a port
 * @throws Error when the machine has none left
 */
export const freePorts = async (
  names: readonly string[],
  preferred: Readonly<Record<string, number | undefined>>,
  accept: (port: number) => Promise<boolean> = async () => true,
): Promise<Record<string, number>> => {
  const ports: Record<string, number> = {}
  for (const name of names) {
    let port = await freePort(preferred[name])
    while (Object.values(ports).includes(port) || !(await accept(port))) port = await freePort()
    ports[name] = port
  }
  return ports
}

const reserved = new Map<number, Server>()

/** A name in Linux's abstract namespace stands for the port: the kernel frees it when this process ends. */
const reserve = async (port: number): Promise<boolean> => {
  if (reserved.has(port)) return true
  const server = createServer()
  try {
    server.listen(`\0muster-port-${port}`)
    await once(server, 'listening')
  } catch {
    return false
  }
  server.unref()
  reserved.set(port, server)
  return true
}

/**
 * Free ports that no other process which asks here gets while this one lives: for programs that will listen only
 * later, or that close and listen again.
 * @throws Error when the machine has none left
 */
export const reservePorts = (
  names: readonly string[],
  preferred: Readonly<Record<string, number | undefined>>,
): Promise<Record<string, number>> => freePorts(names, preferred, reserve)
