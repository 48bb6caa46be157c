import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { FleetDeniedError, PoolUnknownError, UnavailableError } from '../domain/errors.ts'
import type { Fleet } from '../ports/fleet.ts'
import type { Logger } from '../ports/logger.ts'

/** How to reach one node supervisor. */
export interface NodeFleetOptions {
  /** of its admin listener, for example `http://127.0.0.1:9480` */
  readonly url: string
  /** NODE_ADMIN_TOKEN, where the node is another machine */
  readonly token?: string
  readonly log: Logger
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 3_000

const Count = Type.Integer({ minimum: 0 })
const PoolReport = Type.Object({ desired: Count, running: Count, ready: Count })
type PoolReport = Static<typeof PoolReport>

/**
 * A fleet of one machine: a node supervisor's own workers, so that on a laptop the count really rises and falls. It has no
 * version of its own, so the desired count serves as one: whoever changed it meanwhile is noticed.
 */
export const createNodeFleet = ({ url, token, log, timeoutMs = TIMEOUT_MS }: NodeFleetOptions): Fleet => {
  const call = async (pool: string, init: RequestInit = {}): Promise<Response> => {
    let response: Response
    try {
      response = await fetch(new URL(`/pools/${encodeURIComponent(pool)}/count`, url), {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
      })
    } catch (cause) {
      throw new UnavailableError('node', cause)
    }
    if (response.status === 404) throw new PoolUnknownError(pool)
    if (response.status === 403)
      throw new FleetDeniedError('the node takes changes from this machine or with its token')
    return response
  }

  const report = async (pool: string): Promise<PoolReport> => {
    const response = await call(pool)
    if (response.status !== 200) throw new UnavailableError('node', new Error(`status ${response.status}`))
    const body: unknown = await response.json().catch((cause: unknown) => {
      throw new UnavailableError('node', cause)
    })
    if (!Value.Check(PoolReport, body)) throw new UnavailableError('node', new Error('this is no report of a pool'))
    return body
  }

  return {
    async view(pool) {
      const { desired, running, ready } = await report(pool)
      return {
        desiredCount: desired,
        placedCount: Math.max(running, ready),
        runningCount: ready,
        bounds: undefined,
        version: String(desired),
      }
    },
    async setCount({ pool, count, version }) {
      const { desired } = await report(pool)
      if (String(desired) !== version) return { kind: 'conflict', why: `the count is ${desired} now` }
      const response = await call(pool, { method: 'PUT', body: JSON.stringify({ count }) })
      if (response.status === 200) return { kind: 'applied' }
      if (response.status === 409) return { kind: 'out-of-bounds', why: 'NODE_MAX_WORKERS would be exceeded' }
      if (response.status === 503) return { kind: 'not-now', why: 'the node stops' }
      throw new UnavailableError('node', new Error(`status ${response.status}`))
    },
    async note(pool, message, meta) {
      log.info({ pool, ...meta }, message)
    },
  }
}
