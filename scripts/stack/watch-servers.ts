import { isAlive } from '../../infra/local/process.ts'
import { type RunningServer, startServer } from '../../infra/local/server.ts'
import { KINDS } from '../../infra/local/servers.ts'
import { explain } from '../exit-code.ts'
import type { Tell } from './tell.ts'

const LOOK_EVERY_MS = 1_000

/**
 * Look after the private servers: one that ended by itself is reported and started again.
 * @returns ends the watch, and waits for a start under way
 */
export const watchServers = (dir: string, servers: readonly RunningServer[], tell: Tell): (() => Promise<void>) => {
  const watched = new Map(servers.map((server) => [server.name, server]))
  let looking = Promise.resolve()
  let stopped = false

  const revive = async (server: RunningServer): Promise<void> => {
    const { title } = KINDS[server.name]
    tell.warn(`${title} ended by itself and is started again`)
    try {
      const fresh = await startServer(KINDS[server.name], dir)
      watched.set(fresh.name, fresh)
      if (fresh.url === server.url) tell.say(`${title} answers again`)
      else tell.warn(`${title} had to move to another port: run ./muster down and ./muster up`)
    } catch (error) {
      for (const line of explain(error)) tell.warn(line)
    }
  }

  const look = async (): Promise<void> => {
    for (const server of watched.values()) {
      if (!stopped && !isAlive(server.process)) await revive(server)
    }
  }

  const timer = setInterval(() => {
    looking = looking.then(look)
  }, LOOK_EVERY_MS)
  return async () => {
    stopped = true
    clearInterval(timer)
    await looking
  }
}
