import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { signal } from '../../infra/local/process.ts'
import { rabbitmqctl } from '../../infra/local/rabbitmqctl.ts'
import { type RunningServer, startServer, stopServer } from '../../infra/local/server.ts'
import { SERVER_NAMES, type ServerName } from '../../infra/local/server-kind.ts'
import { KINDS } from '../../infra/local/servers.ts'
import { startWire, type Wire } from './wire.ts'

const portOf = (url: string): number => Number(new URL(url).port)

const withPort = (url: string, port: number): string => {
  const parsed = new URL(url)
  parsed.port = String(port)
  return parsed.href
}

/** Private PostgreSQL, RabbitMQ and Redis, each behind a wire, all of which may be harmed. */
export class ChaosServers {
  readonly #dir: string
  readonly #running = new Map<ServerName, RunningServer>()
  #stopped = false
  readonly #wires = new Map<ServerName, Wire>()

  constructor(dir: string) {
    this.#dir = dir
  }

  /** @param names those that this campaign brings itself */
  async startAll(names: readonly ServerName[] = SERVER_NAMES): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const server = await startServer(KINDS[name], this.#dir)
        this.#running.set(name, server)
        this.#wires.set(name, await startWire(portOf(server.url)))
      }),
    )
  }

  /** past the wire, for the one who does the harm */
  directUrl(name: ServerName): string {
    return this.#server(name).url
  }

  /** as the processes of Muster know it */
  url(name: ServerName): string {
    return withPort(this.directUrl(name), this.wire(name).port)
  }

  wire(name: ServerName): Wire {
    const wire = this.#wires.get(name)
    if (!wire) throw new Error(`${name} is not part of this campaign`)
    return wire
  }

  /** Without warning. SIGQUIT is what PostgreSQL knows as a crash that leaves no process of its own behind. */
  crash(name: ServerName): void {
    process.kill(this.#server(name).process.pid, name === 'postgres' ? 'SIGQUIT' : 'SIGKILL')
  }

  signal(name: ServerName, what: NodeJS.Signals): void {
    process.kill(this.#server(name).process.pid, what)
  }

  async stop(name: ServerName): Promise<void> {
    await stopServer(KINDS[name], this.#dir)
  }

  /** also when it runs already; not any more when the campaign has been given up */
  async start(name: ServerName): Promise<void> {
    if (this.#stopped) return
    const server = await startServer(KINDS[name], this.#dir)
    this.#running.set(name, server)
    this.wire(name).aim(portOf(server.url))
  }

  /** A new disk in the broker's machine: everything it knew is gone. */
  async wipeBroker(): Promise<void> {
    await stopServer(KINDS.rabbitmq, this.#dir)
    rmSync(join(this.#dir, 'rabbitmq', 'data'), { recursive: true, force: true })
  }

  rabbitmqctl(args: readonly string[]): Promise<string> {
    return rabbitmqctl(this.#dir, args)
  }

  async stopAll(): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#wires.values()].map((wire) => wire.close()))
    // One that is frozen hears nothing but this.
    for (const { process: ref } of this.#running.values()) signal(ref, 'SIGCONT')
    await Promise.all(SERVER_NAMES.map((name) => stopServer(KINDS[name], this.#dir)))
  }

  #server(name: ServerName): RunningServer {
    const server = this.#running.get(name)
    if (!server) throw new Error(`${name} is not part of this campaign`)
    return server
  }
}
