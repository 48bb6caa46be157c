import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { type AskHealth, healthBody } from './health.ts'

/** What a process tells its operators, apart from whatever it serves its callers. */
export interface AdminServerOptions {
  /** 0 = any free port */
  readonly port: number
  readonly host: string
  readonly registry: Registry
  /** false = restart me */
  readonly live: AskHealth
  /** false = send me no work */
  readonly ready: AskHealth
  /** false = still starting, do not judge me yet */
  readonly startup: AskHealth
  /** what it is and has in hand, for a program beside it; no secret */
  readonly about?: () => object
}

/** A listener of its own, so that metrics are never on the port that callers reach. */
export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

const send = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}

const sendHealth = async (response: ServerResponse, ask: AskHealth, verbose: boolean): Promise<void> => {
  const health = await ask()
  send(response, health.ok ? 200 : 503, 'application/json', JSON.stringify(healthBody(health, verbose)))
}

/**
 * Serve `/metrics`, `/livez`, `/readyz` and `/startupz` (each with `?verbose`), and `/about` where there is something to say.
 * @throws the system's error when the address cannot be listened on
 */
export const startAdminServer = async (options: AdminServerOptions): Promise<AdminServer> => {
  const { port, host, registry, live, ready, startup, about } = options
  const health: ReadonlyMap<string, AskHealth> = new Map([
    ['/livez', live],
    ['/readyz', ready],
    ['/startupz', startup],
  ])

  const answer = async ({ method, url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(url, 'http://admin')
    const ask = health.get(pathname)
    const tells = pathname === '/about' ? about : undefined
    if (!ask && !tells && pathname !== '/metrics') return send(response, 404, 'text/plain', 'not found\n')
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return send(response, 405, 'text/plain', 'method not allowed\n')
    }
    if (ask) return sendHealth(response, ask, searchParams.has('verbose'))
    if (tells) return send(response, 200, 'application/json', JSON.stringify(tells()))
    send(response, 200, registry.contentType, await registry.metrics())
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else send(response, 500, 'text/plain', 'failed\n')
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
