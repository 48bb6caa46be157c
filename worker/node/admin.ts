import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UnavailableError } from '../../infra/domain/errors.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Choice } from './choose-counts.ts'
import type { NodeMetrics } from './node-metrics.ts'
import type { Quarantined } from './quarantine.ts'
import type { Supervisor } from './supervisor.ts'

/** A count fits in a few bytes; nothing longer is read. */
const BODY_BYTES = 1_024
/** A peer that dawdles over a request is cut off. */
const REQUEST_MS = 5_000

/** Where the node listens and whom it believes. */
export interface AdminOptions {
  readonly host: string
  /** 0 = any free one */
  readonly port: number
  /** allows changes from other machines; without it only this machine may */
  readonly token: string | undefined
}

/** What the routes show and change. */
export interface AdminDeps {
  readonly supervisor: Pick<
    Supervisor,
    'ready' | 'state' | 'pools' | 'workers' | 'setCount' | 'quarantined' | 'release'
  >
  /** how the number of workers was chosen, by pool; empty where people wrote it */
  readonly choices: readonly Choice[]
  readonly metrics: NodeMetrics
  readonly log: Logger
}

/** A node's listener. */
export interface Admin {
  readonly port: number
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly type: string
}

const json = (status: number, body: unknown): Answer => ({
  status,
  body: JSON.stringify(body),
  type: 'application/json',
})

const problem = (status: number, code: string, detail: string, facts: object = {}): Answer => ({
  ...json(status, { type: 'about:blank', status, code, detail, ...facts }),
  type: 'application/problem+json',
})

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const isLocal = (address = ''): boolean => address === '::1' || /^(::ffff:)?127\./.test(address)

/**
 * May this request change something? With a token: who shows it. Without: programs on this machine, but no web page in
 * its browser, which always names its origin.
 */
const mayChange = ({ headers, socket }: IncomingMessage, token: string | undefined): boolean => {
  if (token !== undefined) return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))
  return isLocal(socket.remoteAddress) && headers.origin === undefined
}

const readCount = async (request: IncomingMessage): Promise<number | undefined> => {
  let body = ''
  try {
    for await (const chunk of request) {
      body += String(chunk)
      if (body.length > BODY_BYTES) return undefined
    }
    const { count } = JSON.parse(body) as { count?: unknown }
    return Number.isInteger(count) && Number(count) >= 0 ? Number(count) : undefined
  } catch {
    return undefined
  }
}

const setCount = async (request: IncomingMessage, pool: string, { supervisor }: AdminDeps): Promise<Answer> => {
  const count = await readCount(request)
  if (count === undefined) return problem(400, 'COUNT_INVALID', 'send {"count": N}, a whole number from 0')
  const change = supervisor.setCount(pool, count)
  switch (change.kind) {
    case 'set':
      return json(200, { pool, ...change.pool })
    case 'unknown-pool':
      return problem(404, 'POOL_UNKNOWN', 'NODE_WORKERS does not name this pool')
    case 'too-many':
      return problem(409, 'COUNT_TOO_HIGH', 'NODE_MAX_WORKERS would be exceeded', { most: change.most })
    case 'stopping':
      return problem(503, 'STOPPING', 'the node stops')
  }
}

const showPool = (pool: string, { supervisor }: AdminDeps): Answer => {
  const report = supervisor.pools().get(pool)
  return report ? json(200, { pool, ...report }) : problem(404, 'POOL_UNKNOWN', 'NODE_WORKERS does not name this pool')
}

const toShow = ({ device, why, since }: Quarantined) => ({ device, why, since: new Date(since).toISOString() })

const release = (device: string, { supervisor }: AdminDeps): Answer =>
  supervisor.release(device)
    ? json(200, { device, quarantined: false })
    : problem(404, 'DEVICE_NOT_QUARANTINED', 'this device is not quarantined')

const get = async (path: string, { supervisor, metrics, choices }: AdminDeps): Promise<Answer | undefined> => {
  const quarantined = supervisor.quarantined().map(toShow)
  const report = () => ({
    state: supervisor.state,
    pools: Object.fromEntries(supervisor.pools()),
    workers: supervisor.workers(),
    quarantined,
    choices,
  })
  switch (path) {
    case '/workers':
      return json(200, report())
    case '/metrics':
      return { status: 200, body: await metrics.text(), type: metrics.contentType }
    case '/livez':
      // A restart is what helps: it may come up elsewhere, or on a device that has been mended.
      return quarantined.length === 0 ? json(200, { status: 'ok' }) : json(503, { status: 'quarantined', quarantined })
    case '/readyz':
      // A drained node is as people want it: no release has to wait until it works again.
      if (supervisor.ready) return json(200, { status: supervisor.state === 'drained' ? 'drained' : 'ok' })
      return json(503, { status: quarantined.length > 0 ? 'quarantined' : 'not ready', ...report() })
    default:
      return undefined
  }
}

const FORBIDDEN = problem(
  403,
  'FORBIDDEN',
  'only programs on this machine, or with the NODE_ADMIN_TOKEN, may change a node',
)

const route = async (request: IncomingMessage, deps: AdminDeps, token: string | undefined): Promise<Answer> => {
  const [path = '/'] = (request.url ?? '/').split('?')
  const [, device] = /^\/devices\/([a-z0-9:-]+)\/release$/.exec(path) ?? []
  if (device !== undefined && request.method === 'POST')
    return mayChange(request, token) ? release(device, deps) : FORBIDDEN
  const [, pool] = /^\/pools\/([a-z0-9-]+)\/count$/.exec(path) ?? []
  if (pool !== undefined && request.method === 'PUT')
    return mayChange(request, token) ? await setCount(request, pool, deps) : FORBIDDEN
  if (request.method === 'GET') {
    const answer = pool === undefined ? await get(path, deps) : showPool(pool, deps)
    if (answer) return answer
  }
  return problem(
    404,
    'NOT_FOUND',
    'GET /workers /readyz /livez /metrics, GET or PUT /pools/{pool}/count, POST /devices/{device}/release',
  )
}

const respond = (response: ServerResponse, { status, body, type }: Answer): void => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}

/**
 * Listen for people, Prometheus and the autoscaler.
 * @throws UnavailableError when the port is taken or the host is not this machine's
 */
export const startAdmin = async ({ host, port, token }: AdminOptions, deps: AdminDeps): Promise<Admin> => {
  const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
    route(request, deps, token).then(
      (answer) => respond(response, answer),
      (error: unknown) => {
        deps.log.error({ error }, 'a request to the node failed')
        respond(response, problem(500, 'INTERNAL', 'the node could not answer'))
      },
    )
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', (error) => listening.reject(new UnavailableError(`listening on ${host} port ${port}`, error)))
  server.listen(port, host, () => listening.resolve())
  await listening.promise
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
