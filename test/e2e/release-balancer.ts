import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '../../infra/local/process.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import { silence } from '../fixtures/silence.ts'

/** How often replicas are asked whether they are ready: API_SHUTDOWN_DELAY_MS must be longer than some of these. */
const LOOK_MS = 100
const LOOK_TIMEOUT_MS = 1_000

/**
 * A load balancer as people have one: keeps connections to its replicas, sends to those that say they are ready, in turn,
 * and sends nothing twice. A request that fails fails its caller.
 */
export class Balancer {
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true })
  readonly #replicas = new Map<string, boolean>()
  #turn = 0
  /** one each, so that none waits for another */
  readonly #looking: ReturnType<typeof repeat>[] = []
  /** why it could not pass a request on */
  readonly troubles: string[] = []
  url = ''

  constructor() {
    this.#server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing))
    this.#server.keepAliveTimeout = 60_000
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    await Promise.all(this.#looking.map((one) => one.stop()))
    this.#agent.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Resolves when requests go there. */
  async add(url: string): Promise<void> {
    this.#replicas.set(url, false)
    this.#looking.push(repeat('look', LOOK_MS, silence().log, () => this.#look(url)))
    if (!(await until(() => this.#replicas.get(url) === true, 100_000, LOOK_MS))) throw new Error('no ready replica')
  }

  remove(url: string): void {
    this.#replicas.delete(url)
  }

  /** One that is slow to say how it is counts as it was: a busy machine is no reason to leave it. */
  async #look(url: string): Promise<void> {
    const before = this.#replicas.get(url)
    if (before === undefined) return
    const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) }).then(
      ({ status }) => status === 200,
      (error: Error) => error.name === 'TimeoutError' && before,
    )
    if (this.#replicas.has(url)) this.#replicas.set(url, ready)
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const ready = [...this.#replicas].flatMap(([url, isReady]) => (isReady ? [url] : []))
    const target = ready[this.#turn++ % Math.max(ready.length, 1)]
    const fail = (error: Error) => {
      this.troubles.push(error.message)
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
    }
    if (target === undefined) {
      fail(new Error('no replica is ready'))
      return
    }
    const { method, headers, url } = incoming
    const call = request(new URL(url ?? '/', target), { method, headers, agent: this.#agent }, (answer) => {
      const { connection: _ours, ...passed } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, passed)
      answer.on('error', fail).pipe(outgoing)
    })
    call.on('error', fail)
    incoming.on('error', () => call.destroy()).pipe(call)
  }
}
